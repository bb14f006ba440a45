import { toArray } from "@exhibit/client";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { exitCodes } from "../../output/exit-codes.ts";
import { formatTime, type TimeStyle } from "../../output/format.ts";
import { stampsLine } from "../../output/stamp-lines.ts";
import { type CommandModule, jsonOption, utcOption } from "../command.ts";

export const registerCommand: CommandModule = (program, { run }) => {
  program
    .command("register")
    .description("list the register: the chain of all seals, and of the keys that sign them")
    .option(...utcOption)
    .option(...jsonOption)
    .addHelpText("after", explanation)
    .action((options: TimeStyle & { json?: boolean }) =>
      run(options, async (terminal) => {
        const entries = await toArray(apiOfEnvironment().register());
        for (const { number, kind, at, import_id, head, stamps } of entries) {
          const of = import_id === null ? kind : `${kind} ${import_id}`;
          terminal.say(`${number}  ${formatTime(new Date(at), options)}  ${of}  ${head}`);
          if (stamps.length > 0) terminal.say(`  ${stampsLine(stamps, options)}`);
        }
        if (entries.length === 0) terminal.say("The register has no entry yet.");
        terminal.result({ register: entries });
        return exitCodes.done;
      }),
    );
};

const explanation = `
An entry's line ends in the head of the chain, which commits to all entries before it. Keep one elsewhere, on paper or with a third
party, and whoever compares it later finds out if anything before it was changed or taken away.`;
