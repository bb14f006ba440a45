import { type ApiClient, toArray } from "@exhibit/client";
import type { AuditEvent } from "@exhibit/contracts";
import { Option } from "commander";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { badUse, exitCodes } from "../../output/exit-codes.ts";
import { formatCount, formatTable, formatTime, type TimeStyle } from "../../output/format.ts";
import { targetOf } from "../arguments/import-or-vendor.ts";
import { type CommandModule, jsonOption, utcOption } from "../command.ts";

interface AuditOptions extends TimeStyle {
  vendor?: string;
  key?: string;
  json?: boolean;
}

export const auditCommand: CommandModule = (program, { run }) => {
  program
    .command("audit")
    .description("show the audit log of an import, a vendor or a key: who did what, when and why")
    .argument("[ID]", "the import")
    .option("--vendor <name>", "a vendor instead")
    .addOption(new Option("--key <id>", "a key of the API instead").conflicts("vendor"))
    .option(...utcOption)
    .option(...jsonOption)
    .action((id: string | undefined, options: AuditOptions) =>
      run(options, async (terminal) => {
        const api = apiOfEnvironment();
        const target = await auditedBy(api, id, options);
        const events = await toArray(api.audit(target));
        for (const line of auditLines(events, options)) terminal.say(line);
        terminal.result({ audit: events });
        return exitCodes.done;
      }),
    );
};

/** Returns what a command line names: one of an import, a vendor and a key. */
async function auditedBy(api: ApiClient, id: string | undefined, { vendor, key }: AuditOptions) {
  if (key === undefined) return await targetOf(api, id, vendor);
  if (id === undefined) return { key };
  throw badUse("Name either an import by its ID, or a key by --key ID.");
}

function auditLines(events: readonly AuditEvent[], style: TimeStyle): string[] {
  if (events.length === 0) return ["Nobody has done anything to it yet."];
  const rows = events.map((event) => [
    formatTime(event.at, style),
    event.who,
    whatOf(event),
    event.why ?? "",
  ]);
  return formatTable([["WHEN", "WHO", "WHAT", "WHY"], ...rows]);
}

/** `retry of VENDOR_REFUSED in folder 7 (3 files)`, `accept of bucket evidence-2 (was evidence)` */
function whatOf({ what, code, folder_id, file_id, files, details }: AuditEvent): string {
  return [
    what,
    ...(code === null ? [] : [`of ${code}`]),
    ...(folder_id === null ? [] : [`in folder ${folder_id}`]),
    ...(file_id === null ? [] : [`of file ${file_id}`]),
    ...(files === null ? [] : [`(${formatCount(files, "file")})`]),
    ...changesIn(details),
  ].join(" ");
}

/** Returns what an `accept` replaced by what. */
function changesIn(details: AuditEvent["details"]): string[] {
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
