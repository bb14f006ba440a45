import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { exitCodes } from "../../output/exit-codes.ts";
import { importReport } from "../../output/import-report.ts";
import { targetOf } from "../arguments/import-or-vendor.ts";
import { type CommandModule, jsonOption } from "../command.ts";

interface ResumeOptions {
  vendor?: string;
  why?: string;
  json?: boolean;
}

export const resumeCommand: CommandModule = (program, { run }) => {
  program
    .command("resume")
    .description("let a paused import, or the folders of a paused vendor, go on")
    .argument("[ID]", "the import")
    .option("--vendor <name>", "a vendor instead")
    .option("--why <text>", "for the record")
    .option(...jsonOption)
    .action((id: string | undefined, { vendor, why, ...options }: ResumeOptions) =>
      run(options, async (terminal) => {
        const api = apiOfEnvironment();
        const target = await targetOf(api, id, vendor);
        if ("vendor" in target) {
          const state = await api.resumeVendor(target.vendor, { why });
          terminal.say(`${target.vendor} isn't paused any more: its folders go on.`);
          terminal.result(state);
        } else {
          const view = await api.resume(target.id, { why });
          for (const line of importReport(view)) terminal.say(line);
          terminal.result(view);
        }
        return exitCodes.done;
      }),
    );
};
