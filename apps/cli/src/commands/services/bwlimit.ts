import type { BandwidthView } from "@exhibit/contracts";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { exitCodes } from "../../output/exit-codes.ts";
import { formatCount } from "../../output/format.ts";
import type { Terminal } from "../../output/terminal.ts";
import { type CommandModule, jsonOption } from "../command.ts";

export const bwlimitCommand: CommandModule = (program, { run }) => {
  program
    .command("bwlimit")
    .description("show or set the bandwidth limit of all workers together")
    .argument("[LIMIT]", 'as in rclone: 10M, 512k, off, "08:00,512k 19:00,10M Sat-00:00,off"')
    .option("--why <text>", "why, for the audit log")
    .option(...jsonOption)
    .action((limit: string | undefined, { why, ...options }: { why?: string; json?: boolean }) =>
      run(options, async (terminal) => {
        const api = apiOfEnvironment();
        const view = await (limit === undefined
          ? api.bandwidth()
          : api.limitBandwidth({ limit, why }));
        say(view, terminal);
        return exitCodes.done;
      }),
    );
};

function say(view: BandwidthView, terminal: Terminal): void {
  const { limit, bytes_per_second: rate, workers, changes } = view;
  const now = rate === null ? "no limit now" : `${formatRate(rate)} now`;
  terminal.say(`${limit}: ${now}, for ${formatCount(workers, "worker")} together`);
  const [change] = changes;
  if (change) {
    terminal.say(`set by ${change.who} at ${change.at}${change.why ? `: ${change.why}` : ""}`);
  }
  terminal.result(view);
}

/** Formats a rate in the units in which limits are written. */
function formatRate(rate: number): string {
  const MiB = 1024 * 1024;
  return rate < MiB
    ? `${Number((rate / 1024).toFixed(1))} KiB/s`
    : `${Number((rate / MiB).toFixed(1))} MiB/s`;
}
