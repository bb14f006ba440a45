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
    .description("resume a paused import, or the folders of a paused vendor")
    .argument("[ID]", "the import")
    .option("--vendor <name>", "a vendor instead")
    .option("--why <text>", "why, for the audit log")
    .option(...jsonOption)
    .action((id: string | undefined, { vendor, why, ...options }: ResumeOptions) =>
      run(options, async (terminal) => {
        const api = apiOfEnvironment();
        const target = await targetOf(api, id, vendor);
        if ("vendor" in target) {
          const state = await api.resumeVendor(target.vendor, { why });
          terminal.say(`${target.vendor} is resumed: its folders continue.`);
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
