import type { ActView } from "@exhibit/contracts";
import { apiOfEnvironment } from "../client-context.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatCount, formatTable, formatTime, type TimeStyle } from "../format.ts";
import { type CommandModule, jsonOption, utcOption } from "./command.ts";
import { targetOf } from "./import-or-vendor.ts";

interface ActsOptions extends TimeStyle {
  vendor?: string;
  json?: boolean;
}

export const actsCommand: CommandModule = (program, { run }) => {
  program
    .command("acts")
    .description("show what people did to an import or a vendor: who, when, what and why")
    .argument("[ID]", "the import")
    .option("--vendor <name>", "a vendor instead")
    .option(...utcOption)
    .option(...jsonOption)
    .action((id: string | undefined, options: ActsOptions) =>
      run(options, async (terminal) => {
        const acts: ActView[] = [];
        const api = apiOfEnvironment();
        for await (const act of api.acts(await targetOf(api, id, options.vendor))) acts.push(act);
        for (const line of actLines(acts, options)) terminal.say(line);
        terminal.result({ acts });
        return exitCodes.done;
      }),
    );
};

function actLines(acts: readonly ActView[], style: TimeStyle): string[] {
  if (acts.length === 0) return ["Nobody has done anything to it yet."];
  const rows = acts.map((act) => [formatTime(act.at, style), act.who, whatOf(act), act.why ?? ""]);
  return formatTable([["WHEN", "WHO", "WHAT", "WHY"], ...rows]);
}

/** `retry of VENDOR_REFUSED in folder 7 (3 files)`, `accept of bucket evidence-2 (was evidence)` */
function whatOf({ what, code, folder_id, file_id, files, details }: ActView): string {
  return [
    what,
    ...(code === null ? [] : [`of ${code}`]),
    ...(folder_id === null ? [] : [`in folder ${folder_id}`]),
    ...(file_id === null ? [] : [`of file ${file_id}`]),
    ...(files === null ? [] : [`(${formatCount(files, "file")})`]),
    ...changesIn(details),
  ].join(" ");
}

/** Of an act that took one thing for another. */
function changesIn(details: ActView["details"]): string[] {
  const { from, to } = (details ?? {}) as { from?: Facts; to?: Facts };
  if (from === undefined || to === undefined) return [];
  const changes = Object.entries(to)
    .filter(([key, value]) => value !== (from[key] ?? null))
    .map(
      ([key, value]) => `${key} ${value ?? "by the answers"} (was ${from[key] ?? "not on record"})`,
    );
  return changes.length === 0 ? [] : [`of ${changes.join(", ")}`];
}

type Facts = Readonly<Record<string, string | null>>;
