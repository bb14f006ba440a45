import { readFileSync } from "node:fs";
import { toExhibitError, visible, visibleLines } from "@exhibit/contracts";
import { Command, CommanderError } from "commander";
import { z } from "zod";
import type { CommandContext, CommandModule } from "./commands/command.ts";
import { completionCommand } from "./commands/completion/completion.ts";
import { acceptCommand } from "./commands/imports/accept.ts";
import { auditCommand } from "./commands/imports/audit.ts";
import { cancelCommand } from "./commands/imports/cancel.ts";
import { filesCommand } from "./commands/imports/files.ts";
import { importCommand } from "./commands/imports/import.ts";
import { pauseCommand } from "./commands/imports/pause.ts";
import { resumeCommand } from "./commands/imports/resume.ts";
import { retryCommand } from "./commands/imports/retry.ts";
import { statusCommand } from "./commands/imports/status.ts";
import { waiveCommand } from "./commands/imports/waive.ts";
import { watchCommand } from "./commands/imports/watch.ts";
import { apiCommand } from "./commands/services/api.ts";
import { bwlimitCommand } from "./commands/services/bwlimit.ts";
import { migrateCommand } from "./commands/services/migrate.ts";
import { sandboxCommand } from "./commands/services/sandbox.ts";
import { upCommand } from "./commands/services/up.ts";
import { workerCommand } from "./commands/services/worker.ts";
import { vendorsCommand } from "./commands/vendors/vendors.ts";
import { errorLines, errorViewOf } from "./output/error-lines.ts";
import { badUse, exitCodeOf, exitCodes } from "./output/exit-codes.ts";
import { type Output, OutputLost } from "./output/output-stream.ts";
import { createTerminal, type Streams } from "./output/terminal.ts";
import { Left } from "./process/interruption.ts";

/** In the order in which `exhibit --help` shows them. */
export const commands: readonly CommandModule[] = [
  upCommand,
  importCommand,
  statusCommand,
  filesCommand,
  watchCommand,
  retryCommand,
  waiveCommand,
  acceptCommand,
  cancelCommand,
  pauseCommand,
  resumeCommand,
  auditCommand,
  vendorsCommand,
  bwlimitCommand,
  apiCommand,
  workerCommand,
  migrateCommand,
  sandboxCommand,
  completionCommand,
];

function versionLine(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(manifest));
  return `exhibit ${version} (Node ${process.version})`;
}

/** Runs one command line and gives the exit code. Writes to `streams` only; throws nothing. */
export async function runCli(
  args: readonly string[],
  streams: { stdout: Output; stderr: Output },
): Promise<number> {
  const exitCode = await runLine(args, streams);
  const lost = await streams.stdout.settled();
  // Who reads only the beginning, such as `head`, has had enough.
  if (lost === undefined || lost.code === "EPIPE") return exitCode;
  streams.stderr.write(`The output can't be written (${lost.code ?? lost.message}).\n`);
  return exitCode === exitCodes.done ? exitCodes.failed : exitCode;
}

async function runLine(args: readonly string[], streams: Streams): Promise<number> {
  let exitCode: number = exitCodes.done;
  const run: CommandContext["run"] = async (options, work) => {
    const terminal = createTerminal(streams, { json: options.json === true });
    try {
      exitCode = await work(terminal);
    } catch (thrown) {
      if (thrown instanceof OutputLost) return;
      if (thrown instanceof Left) {
        terminal.note(thrown.message);
        exitCode = thrown.exitCode;
        return;
      }
      const error = toExhibitError(thrown);
      const view = errorViewOf(error);
      for (const line of errorLines(error)) terminal.note(line);
      terminal.result({ error: view });
      exitCode = exitCodeOf(error);
    }
  };
  try {
    const program = buildProgram({ streams, run });
    const unknown = unknownCommandOf(program, args);
    await program.parseAsync(unknown === undefined ? args : [unknown], { from: "user" });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    // commander has printed the help or what is wrong; help that was asked for ends with 0.
    exitCode = thrown.exitCode === 0 ? exitCodes.done : exitCodes.badUse;
    if (exitCode === exitCodes.badUse && args.includes("--json")) {
      const message = thrown.message.replace(/^error: /, "");
      createTerminal(streams, { json: true }).result({ error: errorViewOf(badUse(message)) });
    }
  }
  return exitCode;
}

/** A command that there isn't, whatever else is asked about it: help of another one would only mislead. */
function unknownCommandOf(program: Command, args: readonly string[]): string | undefined {
  const [first, second] = args.filter((arg) => !arg.startsWith("-"));
  const named = first === "help" ? second : first;
  if (named === undefined || named === "help") return undefined;
  return program.commands.some((command) => command.name() === named) ? undefined : named;
}

function buildProgram(context: CommandContext): Command {
  const { stdout, stderr } = context.streams;
  const program = new Command("exhibit")
    .description(
      "Puts every file of a case's evidence, verified and on the record, into the OSS folder its vendor opens.",
    )
    .exitOverride()
    .showHelpAfterError("(exhibit COMMAND --help explains)")
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      outputError: (text, write) => write(visibleComplaint(text)),
      getOutHelpWidth: () => stdout.columns || 100,
      getErrHelpWidth: () => stderr.columns || 100,
    })
    .version(versionLine(), "--version", "say which version it is")
    .helpCommand("help [command]", "explain a command")
    .addHelpText("after", guide);
  for (const add of commands) add(program, context);
  return program;
}

/** commander repeats what stands on the command line, where a script may put any name; a hint of its own is a line more. */
function visibleComplaint(text: string): string {
  const [, complaint = "", hint = ""] = /^(.*?)((?:\n\(Did you mean .*\))?)\n$/s.exec(text) ?? [];
  return `${visible(complaint)}${visibleLines(hint)}\n`;
}

const guide = `
Examples:
  exhibit up                                  try it: everything in one process, with a sample case; nothing leaves the machine
  exhibit up --once ~/photos                  the same with a folder of your own, then end
  exhibit import /evidence/1001 --entrust E-77 --suit 1001
  exhibit status                              the latest imports
  exhibit files ID --csv --output files.csv   every file, its place and its proof, for a spreadsheet
  exhibit files ID --state failed             what failed
  exhibit retry ID                            take up what failed
  exhibit retry ID --code VENDOR_REFUSED      only what failed so
  exhibit waive ID --code SOURCE_IO --why "the disk is gone"
  exhibit accept ID --folder 7 --why "moved"  show where the vendor leads now, and have the folder go there
  exhibit cancel ID --why "the wrong case"
  exhibit pause ID                            have it wait; resume ID lets it go on
  exhibit pause --vendor kongur --why "they asked us to stop until Monday"
  exhibit audit ID                            who did what to it, when and why
  exhibit vendors check kongur --suit 1001    does the vendor open it, and does OSS accept that?
  exhibit bwlimit "08:00,2M 19:00,off"        leave the office its line by day
  exhibit migrate                             before a new release's first start: bring the ledger up to date

Exit codes:
  0  done (an import: sealed)
  1  the import isn't sealed: files failed, or it was cancelled
  2  bad use: the command line, the configuration or the request has to be mended
  3  the API, or what it needs, can't be reached; of vendors check: the vendor or OSS

Environment:
  EXHIBIT_CONFIG        path of exhibit.yaml: the vendors, and the folders that may be read (exhibit.yaml in this folder)
  EXHIBIT_REDIS_URL     Redis or Valkey for the queues; absent: embedded, in this process
  EXHIBIT_REDIS_PREFIX  what keeps several fleets on one Redis apart (exhibit)
  EXHIBIT_REDIS_CA_FILE certificates (PEM) of your own authority, for a Redis with TLS
  EXHIBIT_ALLOW_EVICTION
                        1 accepts a Redis that evicts keys when it runs out of memory
  EXHIBIT_DATABASE_URL  Postgres for the ledger; absent: embedded, in this process
  EXHIBIT_LEASE_KEY     id:<32 bytes in Base64>: leases are shared through Redis, encrypted; of several keys,
                        separated by commas, the first encrypts and all decrypt
                        (EXHIBIT_LEASE_KEY_FILE, …REDIS_URL_FILE, …DATABASE_URL_FILE: a file that holds the value)
  EXHIBIT_DATA_DIR      where the embedded engine keeps its data (.exhibit); a trial in the folder trial below it
  EXHIBIT_API_HOST      where the API listens (127.0.0.1)
  EXHIBIT_API_PORT      and its port (7400)
  EXHIBIT_API_HOSTS     further names by which it may be called, such as a proxy's; others are refused
  EXHIBIT_API_URL       where the commands that speak to the API find it
  EXHIBIT_GRACE         seconds that work under way has to end when a worker is stopped (10)
  OTEL_*                OpenTelemetry; off when none is set`;
