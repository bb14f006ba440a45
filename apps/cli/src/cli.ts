import { readFileSync } from "node:fs";
import { toExhibitError, visible, visibleLines } from "@exhibit/contracts";
import { Command, CommanderError } from "commander";
import type { CommandContext, CommandModule } from "./commands/command.ts";
import { loadCommands } from "./commands/command-table.ts";
import { guide } from "./guide.ts";
import { errorLines, errorViewOf } from "./output/error-lines.ts";
import { badUse, exitCodeOf, exitCodes } from "./output/exit-codes.ts";
import { type Output, OutputLost } from "./output/output-stream.ts";
import { createTerminal, type Streams } from "./output/terminal.ts";
import { Left } from "./process/interruption.ts";

function versionLine(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  return `exhibit ${version} (Node ${process.version})`;
}

/**
 * Runs one command line and returns the exit code. It writes only to `streams` and never throws.
 */
export async function runCli(
  args: readonly string[],
  streams: { stdout: Output; stderr: Output },
): Promise<number> {
  const exitCode = await runLine(args, streams);
  const lost = await streams.stdout.flushed();
  // A reader that wants only the beginning, such as `head`, closes the pipe.
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
    const named = commandIn(args);
    const program = buildProgram({ streams, run }, await loadCommands(named));
    const unknown = isKnown(program, named) ? undefined : named;
    await program.parseAsync(unknown === undefined ? args : [unknown], { from: "user" });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    // commander has printed the help or the fault. Help that was requested ends with 0.
    exitCode = thrown.exitCode === 0 ? exitCodes.done : exitCodes.badUse;
    if (exitCode === exitCodes.badUse && args.includes("--json")) {
      const message = thrown.message.replace(/^error: /, "");
      createTerminal(streams, { json: true }).result({ error: errorViewOf(badUse(message)) });
    }
  }
  return exitCode;
}

/** Returns the command that a command line names, also after `help`. */
function commandIn(args: readonly string[]): string | undefined {
  const [first, second] = args.filter((arg) => !arg.startsWith("-"));
  return first === "help" ? second : first;
}

/** Whether a command exists. Help about another one would only mislead. */
function isKnown(program: Command, named: string | undefined): boolean {
  if (named === undefined || named === "help") return true;
  return program.commands.some((command) => command.name() === named);
}

function buildProgram(context: CommandContext, commands: readonly CommandModule[]): Command {
  const { stdout, stderr } = context.streams;
  const program = new Command("exhibit")
    .description(
      "Stores every file of a case's evidence, verified and on record, in the OSS folder that its vendor opens.",
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
    .version(versionLine(), "--version", "show the version")
    .helpCommand("help [command]", "explain a command")
    .addHelpText("after", guide);
  for (const add of commands) add(program, context);
  return program;
}

/**
 * Makes commander's message safe to show: it repeats the command line, where a script may put any
 * name. A hint of commander's own is on a line of its own.
 */
function visibleComplaint(text: string): string {
  const [, complaint = "", hint = ""] = /^(.*?)((?:\n\(Did you mean .*\))?)\n$/s.exec(text) ?? [];
  return `${visible(complaint)}${visibleLines(hint)}\n`;
}
