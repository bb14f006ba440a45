import { type ApiClient, type AuditFilter, toArray } from "@exhibit/client";
import { type AuditAction, type AuditEvent, auditActions } from "@exhibit/contracts";
import { Option } from "commander";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { importIdOf } from "../../client/import-id.ts";
import { badUse, exitCodes } from "../../output/exit-codes.ts";
import type { TimeStyle } from "../../output/format.ts";
import type { Terminal } from "../../output/terminal.ts";
import { readAmong } from "../arguments/comma-separated.ts";
import { targetOf } from "../arguments/import-or-vendor.ts";
import { readTime } from "../arguments/time.ts";
import { type CommandModule, jsonOption, utcOption } from "../command.ts";
import { auditLines, readLines } from "./audit-lines.ts";

interface AuditOptions extends TimeStyle, AuditFilter {
  vendor?: string;
  key?: string;
  all?: boolean;
  reads?: boolean;
  json?: boolean;
}

export const auditCommand: CommandModule = (program, { run }) => {
  program
    .command("audit")
    .description("show the audit log: who did what to an import, a vendor or a key, when and why")
    .argument("[ID]", "the import")
    .option("--vendor <name>", "a vendor instead")
    .addOption(new Option("--key <id>", "a key of the API instead").conflicts("vendor"))
    .addOption(
      new Option("--all", "of everything instead (for administrators)").conflicts([
        "vendor",
        "key",
      ]),
    )
    .addOption(
      new Option(
        "--reads",
        "show who read lists of evidence instead (for administrators)",
      ).conflicts(["vendor", "key", "what"]),
    )
    .option("--who <name>", "with --all or --reads: only they, such as key:portal")
    .option("--what <acts>", "with --all: only these, separated by commas", readActs)
    .option("--subject <path>", "with --all: only to it, such as queues or keys/ID")
    .option(
      "--from <time>",
      "with --all or --reads: from this day or moment on, such as 2026-11-30",
      readTime,
    )
    .option("--to <time>", "with --all or --reads: before this day or moment", readTime)
    .option(...utcOption)
    .option(...jsonOption)
    .action((id: string | undefined, options: AuditOptions) =>
      run(options, async (terminal) => {
        const api = apiOfEnvironment();
        if (options.reads === true) return await showReads(api, id, options, terminal);
        const events = await toArray(await eventsOf(api, id, options));
        for (const line of auditLines(events, options)) terminal.say(line);
        terminal.result({ audit: events });
        return exitCodes.done;
      }),
    );
};

/** Returns the events of what a command line names: an import, a vendor, a key, or everything. */
async function eventsOf(
  api: ApiClient,
  id: string | undefined,
  { vendor, key, all, who, what, subject, from, to }: AuditOptions,
): Promise<AsyncIterable<AuditEvent>> {
  const filter = { who, what, subject, from, to };
  if (all === true && id === undefined) return api.wholeAudit(filter);
  if (Object.values(filter).some((given) => given !== undefined))
    throw badUse("--who, --what, --subject, --from and --to belong to --all or --reads.");
  if (all === true) throw badUse("Name either an import by its ID, or everything by --all.");
  if (key === undefined) return api.audit(await targetOf(api, id, vendor));
  if (id === undefined) return api.audit({ key });
  throw badUse("Name either an import by its ID, or a key by --key ID.");
}

/** Shows who read the lists of an import's evidence, or of all. */
async function showReads(
  api: ApiClient,
  id: string | undefined,
  { all = false, who, subject, from, to, ...style }: AuditOptions,
  terminal: Terminal,
): Promise<number> {
  if ((id !== undefined) === all)
    throw badUse("Name either an import by its ID, or everything by --all.");
  if (id !== undefined && subject !== undefined) throw badUse("--subject belongs to --all.");
  const of = id === undefined ? { subject } : { import: await importIdOf(api, id) };
  const reads = await toArray(api.reads({ ...of, who, from, to }));
  for (const line of readLines(reads, style)) terminal.say(line);
  terminal.result({ reads });
  return exitCodes.done;
}

function readActs(text: string): AuditAction[] {
  return readAmong(auditActions, text);
}
