import { bwlimitOption } from "../../process/limited-worker.ts";
import type { UpOptions } from "../../up/up.ts";
import { type CommandModule, jsonOption } from "../command.ts";

export const upCommand: CommandModule = (program, { run }) => {
  program
    .command("up")
    .description(
      "run everything in this process; without a configuration also the sandbox and a sample case",
    )
    .argument("[PATH]", "import this folder of yours instead of the sample case (into the sandbox)")
    .option("--once", "end when the import is over: 0 if it is sealed, 1 otherwise")
    .option(
      "--trial",
      "try it with the sandbox: exhibit.yaml in this folder isn't used, and external servers become a trial's for good",
    )
    .option(...bwlimitOption)
    .option(...jsonOption)
    .addHelpText("after", explanation)
    .action((path: string | undefined, options: UpOptions) =>
      // Loaded only here: the other commands needn't wait for the engine.
      run(options, async (terminal) =>
        (await import("../../up/up.ts")).up(path, options, terminal),
      ),
    );
};

const explanation = `
Without EXHIBIT_CONFIG and ./exhibit.yaml it is a trial: it starts a sandbox of the vendors and of OSS, makes a sample case, imports
it, and shows what was stored where: plain files that you can open. Nothing leaves the machine. With either it starts API
and worker and waits for imports. Data stay in EXHIBIT_DATA_DIR (.exhibit), a trial's in the folder trial below it. Ctrl-C ends it in good order, a second one at once.

Examples:
  exhibit up
  exhibit up --once --json
  exhibit up --once ~/photos
  EXHIBIT_CONFIG=exhibit.yaml exhibit up`;
