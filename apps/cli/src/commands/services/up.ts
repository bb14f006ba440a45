import { bwlimitOption } from "../../process/bwlimit-option.ts";
import type { UpOptions } from "../../up/setting.ts";
import { type CommandModule, jsonOption } from "../command.ts";

export const upCommand: CommandModule = (program, { run }) => {
  program
    .command("up")
    .description(
      "run everything in one process; without a configuration, try it with a sandbox and a sample case",
    )
    .argument(
      "[PATH]",
      "a folder of your own to import into the sandbox instead of the sample case",
    )
    .option("--once", "exit when the import has ended: with 0 if it is sealed, with 1 otherwise")
    .option(
      "--trial",
      "try it with the sandbox: exhibit.yaml in this folder isn't used, and external servers become a trial's forever",
    )
    .option(...bwlimitOption)
    .option(...jsonOption)
    .addHelpText("after", explanation)
    .action((path: string | undefined, options: UpOptions) =>
      // Loaded only here, so that other commands don't wait for the engine.
      run(options, async (terminal) =>
        (await import("../../up/up.ts")).up(path, options, terminal),
      ),
    );
};

const explanation = `
Without EXHIBIT_CONFIG and ./exhibit.yaml this is a trial: it starts stand-ins for the vendors and OSS, makes a sample
case, imports it, and shows what was stored where: plain files that you can open. Nothing leaves the machine.
With a configuration it starts API and worker and waits for imports. Data are kept in EXHIBIT_DATA_DIR (.exhibit),
those of a trial in its subfolder trial. Ctrl-C ends everything in good order; a second Ctrl-C ends it at once.

Examples:
  exhibit up
  exhibit up --once --json
  exhibit up --once ~/photos
  EXHIBIT_CONFIG=exhibit.yaml exhibit up`;
