import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { exitCodes } from "../../output/exit-codes.ts";
import { importReport } from "../../output/import-report.ts";
import { vendorPauseLine } from "../../output/pause-lines.ts";
import { targetOf } from "../arguments/import-or-vendor.ts";
import { type CommandModule, jsonOption } from "../command.ts";

interface PauseOptions {
  vendor?: string;
  why?: string;
  json?: boolean;
}

export const pauseCommand: CommandModule = (program, { run }) => {
  program
    .command("pause")
    .description("pause an import, or all folders of a vendor, until it is resumed")
    .argument("[ID]", "the import")
    .option("--vendor <name>", "a vendor instead; its folders wait in all imports")
    .option("--why <text>", "why, for the audit log")
    .option(...jsonOption)
    .action((id: string | undefined, { vendor, why, ...options }: PauseOptions) =>
      run(options, async (terminal) => {
        const api = apiOfEnvironment();
        const target = await targetOf(api, id, vendor);
        if ("vendor" in target) {
          const state = await api.pauseVendor(target.vendor, { why });
          if (state.paused) terminal.say(vendorPauseLine(target.vendor, state.paused));
          terminal.result(state);
        } else {
          const view = await api.pause(target.id, { why });
          for (const line of importReport(view)) terminal.say(line);
          terminal.result(view);
        }
        return exitCodes.done;
      }),
    );
};
