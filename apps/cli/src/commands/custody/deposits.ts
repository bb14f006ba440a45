import { toArray } from "@exhibit/client";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { depositWords } from "../../output/deposit-lines.ts";
import { exitCodes } from "../../output/exit-codes.ts";
import { formatTime, type TimeStyle } from "../../output/format.ts";
import type { Terminal } from "../../output/terminal.ts";
import { type CommandModule, jsonOption, utcOption } from "../command.ts";
import { entryNumber } from "./entry-number.ts";

interface DepositsOptions extends TimeStyle {
  json?: boolean;
  why?: string;
}

export const depositsCommand: CommandModule = (program, { run }) => {
  const deposits = program
    .command("deposits")
    .description(
      "list entries of the register of which something isn't kept elsewhere that is to be",
    )
    .option(...utcOption)
    .option(...jsonOption)
    .addHelpText("after", explanation)
    .action((options: DepositsOptions) => run(options, (terminal) => list(options, terminal)));
  deposits
    .command("retry")
    .description("have what is to be kept elsewhere of an entry tried at once")
    .argument("<NUMBER>", "the entry's number")
    .option("--why <text>", "for the record")
    .option(...utcOption)
    .option(...jsonOption)
    .action((number: string, _: unknown, self) => {
      const options = self.optsWithGlobals() as DepositsOptions;
      return run(options, (terminal) => retry(number, options, terminal));
    });
};

const explanation = `
custody.deposit says what is kept elsewhere: seals and their lists beside the evidence, the register's head with a third party.
Nothing waits for it. What can't be done for the moment is tried again and again; what was refused is tried again when you
say so, and so is an entry that was written before custody.deposit was configured.

Examples:
  exhibit deposits
  exhibit deposits retry 12 --why "the vendor lets us write there now"`;

async function list(options: DepositsOptions, terminal: Terminal): Promise<number> {
  const entries = await toArray(apiOfEnvironment().register({ undeposited: true }));
  for (const { number, kind, at, import_id, deposits } of entries) {
    const of = import_id === null ? kind : `${kind} ${import_id}`;
    terminal.say(`${number}  ${formatTime(new Date(at), options)}  ${of}`);
    for (const deposit of deposits) terminal.say(`  ${depositWords(deposit, options)}`);
  }
  if (entries.length === 0) terminal.say("Everything is kept elsewhere that is to be.");
  terminal.result({ register: entries });
  return exitCodes.done;
}

async function retry(text: string, options: DepositsOptions, terminal: Terminal): Promise<number> {
  const number = entryNumber(text);
  const entry = await apiOfEnvironment().retryDeposits(number, { why: options.why });
  terminal.say(`What is to be kept elsewhere of entry ${number} is tried now.`);
  for (const deposit of entry.deposits) terminal.say(`  ${depositWords(deposit, options)}`);
  terminal.result(entry);
  return exitCodes.done;
}
