import { readDatabaseUrl } from "@exhibit/config";
import { ExhibitError } from "@exhibit/contracts";
import { Option } from "commander";
import { badUse, exitCodes } from "../../output/exit-codes.ts";
import { formatCount } from "../../output/format.ts";
import type { Terminal } from "../../output/terminal.ts";
import { type CommandModule, jsonOption } from "../command.ts";

interface MigrateOptions {
  check?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

export const migrateCommand: CommandModule = (program, { run }) => {
  program
    .command("migrate")
    .description(
      "migrate the ledger on Postgres to this release, while API and workers keep running",
    )
    .option(
      "--check",
      "change nothing; exit with 0 if the ledger is up to date, with 2 if it isn't",
    )
    .addOption(
      new Option("--dry-run", "change nothing; show which steps would be made").conflicts("check"),
    )
    .option(...jsonOption)
    .action((options: MigrateOptions) => run(options, (terminal) => migrate(options, terminal)));
};

async function migrate(
  { check = false, dryRun = false }: MigrateOptions,
  terminal: Terminal,
): Promise<number> {
  const url = readDatabaseUrl();
  if (url === undefined) {
    throw badUse(
      "EXHIBIT_DATABASE_URL isn't set, so there is no ledger on a server to migrate. `exhibit up` itself migrates the one in a data folder.",
    );
  }
  // Loaded only here, so that other commands don't wait for the ledger.
  const { migrateLedger, SCHEMA_VERSION } = await import("@exhibit/runtime/migrate");
  const found = await migrateLedger(url, { dryRun: true });
  const { version, missing } = found;
  terminal.say(
    version === 0
      ? `The database is empty; this Exhibit creates schema ${SCHEMA_VERSION}.`
      : `The ledger's schema is ${version}; this Exhibit uses ${SCHEMA_VERSION}.`,
  );
  const isNothingToDo = missing.length === 0;
  if (isNothingToDo) {
    terminal.say(
      version > SCHEMA_VERSION ? "It is newer, and this Exhibit can use it." : "It is up to date.",
    );
  } else {
    terminal.say(`It lacks ${formatCount(missing.length, "step")}: ${missing.join(", ")}`);
  }
  if (check && !isNothingToDo) {
    throw new ExhibitError(
      "SCHEMA_OLD",
      `The ledger isn't up to date: it lacks ${missing.join(", ")}.`,
    );
  }
  const isDone = !(check || dryRun || isNothingToDo);
  const now = isDone ? await migrateLedger(url, { onWait: sayWait(terminal) }) : found;
  if (isDone) {
    terminal.say(`Done: the ledger's schema is ${now.version}. ${whoWorksOnIt(now.oldestProgram)}`);
  }
  terminal.result({
    schema: now.version,
    oldest_program: now.oldestProgram,
    wanted: SCHEMA_VERSION,
    missing,
    migrated: isDone,
  });
  return exitCodes.done;
}

function whoWorksOnIt(oldestProgram: number): string {
  return `Programs from schema ${oldestProgram} on can use it.`;
}

function sayWait(terminal: Terminal): (tries: number, most: number) => void {
  return (tries, most) =>
    terminal.note(
      `Another session has locked a table (attempt ${tries} of ${most}); retrying, without keeping anybody waiting…`,
    );
}
