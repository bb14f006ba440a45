import type { AuditEvent, EvidenceRead } from "@exhibit/contracts";
import { formatCount, formatTable, formatTime, type TimeStyle } from "../../output/format.ts";

/** Returns audit events as a table; those of everything say what was acted on. */
export function auditLines(
  events: readonly AuditEvent[],
  { all = false, ...style }: TimeStyle & { readonly all?: boolean },
): string[] {
  if (events.length === 0)
    return [all ? "Nobody has done anything like it." : "Nobody has done anything to it yet."];
  const rows = events.map((event) => [
    formatTime(event.at, style),
    event.who,
    ...(all ? [thingOf(event)] : []),
    whatOf(event),
    event.why ?? "",
  ]);
  return formatTable([["WHEN", "WHO", ...(all ? ["TO"] : []), "WHAT", "WHY"], ...rows]);
}

/** Returns as a table who read which lists of evidence. */
export function readLines(reads: readonly EvidenceRead[], style: TimeStyle): string[] {
  if (reads.length === 0) return ["Nobody has read any."];
  const rows = reads.map(({ at, who, what, subject }) => [
    formatTime(at, style),
    who,
    `${what} of ${subject}`,
  ]);
  return formatTable([["FIRST IN ITS HOUR", "WHO", "READ"], ...rows]);
}

/** `import 0f8fad5b-…`, `vendor kongur`, `keys/AbC12345` */
function thingOf({ import_id, vendor, subject }: AuditEvent): string {
  if (import_id !== null) return `import ${import_id}`;
  return vendor === null ? (subject ?? "") : `vendor ${vendor}`;
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
    ...pressIn(what, details),
    ...(typeof details?.limit === "string" ? [`to ${details.limit}`] : []),
  ].join(" ");
}

/** Returns what button was pressed in Bull Board, and for which jobs. */
function pressIn(what: AuditEvent["what"], details: AuditEvent["details"]): string[] {
  if (what !== "board" || details === null) return [];
  const { action, queue, job, status } = details as Readonly<Record<string, string | undefined>>;
  const jobs =
    job ?? `all ${[status, "jobs"].filter(Boolean).join(" ")} of ${queue ?? "all queues"}`;
  return [`${action} of ${jobs}`];
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
