import { toArray } from "@exhibit/client";
import { ExhibitError } from "@exhibit/contracts";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { exitCodes } from "../../output/exit-codes.ts";
import { formatSeconds, formatTime, type TimeStyle } from "../../output/format.ts";
import { stampWords } from "../../output/stamp-lines.ts";
import type { Terminal } from "../../output/terminal.ts";
import { listenForInterruption } from "../../process/interruption.ts";
import { type CommandModule, jsonOption, utcOption } from "../command.ts";
import { configOf } from "../vendors/config.ts";
import { entryNumber } from "./entry-number.ts";

interface StampsOptions extends TimeStyle {
  json?: boolean;
  why?: string;
}

export const stampsCommand: CommandModule = (program, { run }) => {
  const stamps = program
    .command("stamps")
    .description("list entries of the register whose time stamps are pending, or wait for a person")
    .option(...utcOption)
    .option(...jsonOption)
    .addHelpText("after", explanation)
    .action((options: StampsOptions) => run(options, (terminal) => list(options, terminal)));
  stamps
    .command("check")
    .description(
      "ask each authority of exhibit.yaml for a time stamp of something random, and check it",
    )
    .option(...jsonOption)
    .action((_: unknown, self) => {
      return run(self.optsWithGlobals() as StampsOptions, check);
    });
  stamps
    .command("retry")
    .description("have authorities asked for the time stamps of an entry, at once")
    .argument("<NUMBER>", "the entry's number")
    .argument("[AUTHORITY]", "one alone; without it all that haven't stamped it")
    .option("--why <text>", "for the record")
    .option(...utcOption)
    .option(...jsonOption)
    .action((number: string, authority: string | undefined, _: unknown, self) => {
      const options = self.optsWithGlobals() as StampsOptions;
      return run(options, (terminal) => retry({ number, authority }, options, terminal));
    });
};

const explanation = `
An authority that can't be had is asked again and again, and nothing waits for it. One that refuses, or gives a stamp that
isn't in order, is asked again when you say so. One that was configured after an entry was written is asked for it then, too.

Examples:
  exhibit stamps
  exhibit stamps check
  exhibit stamps retry 12
  exhibit stamps retry 12 tsa --why "its new root is configured"`;

async function list(options: StampsOptions, terminal: Terminal): Promise<number> {
  const entries = await toArray(apiOfEnvironment().register({ unstamped: true }));
  for (const { number, kind, at, import_id, stamps } of entries) {
    const of = import_id === null ? kind : `${kind} ${import_id}`;
    terminal.say(`${number}  ${formatTime(new Date(at), options)}  ${of}`);
    for (const stamp of stamps) terminal.say(`  ${stampWords(stamp, options)}`);
  }
  if (entries.length === 0) terminal.say("No stamp is pending, and none waits for you.");
  terminal.result({ register: entries });
  return exitCodes.done;
}

async function retry(
  { number: text, authority }: { number: string; authority: string | undefined },
  { why }: StampsOptions,
  terminal: Terminal,
): Promise<number> {
  const number = entryNumber(text);
  const api = apiOfEnvironment();
  const authorities = authority === undefined ? await unstampedBy(number) : [authority];
  for (const each of authorities) await api.retryStamp({ number, authority: each }, { why });
  const entry = await api.registerEntry(number);
  const are = authorities.length === 1 ? "is asked for its stamp" : "are asked for their stamps";
  terminal.say(`${authorities.join(" and ")} ${are} of entry ${number}.`);
  terminal.result(entry);
  return exitCodes.done;
}

/** Returns the authorities that haven't stamped an entry. Throws STATE_CONFLICT if there are none. */
async function unstampedBy(number: number): Promise<string[]> {
  const { stamps } = await apiOfEnvironment().registerEntry(number);
  const left = stamps.filter(({ state }) => state !== "granted" && state !== "unchecked");
  if (left.length > 0) return left.map(({ authority }) => authority);
  throw new ExhibitError(
    "STATE_CONFLICT",
    `Nothing is left to be stamped of entry ${number}. Name an authority that was configured later.`,
  );
}

async function check(terminal: Terminal): Promise<number> {
  const config = await configOf("stamps check", terminal);
  // Loaded only here, so that the list doesn't wait for the engine.
  const { checkAuthorities } = await import("@exhibit/runtime/check-authorities");
  using interruption = listenForInterruption();
  const authorities = await checkAuthorities(config, interruption.signal);
  for (const each of authorities) terminal.say(checkLine(each));
  if (authorities.length === 0) terminal.say("custody.stamps has no authority.");
  terminal.result({ authorities });
  const isFaulty = authorities.some(({ reason }) => reason !== null);
  return isFaulty ? exitCodes.failed : exitCodes.done;
}

type Checked = Awaited<
  ReturnType<typeof import("@exhibit/runtime/check-authorities").checkAuthorities>
>[number];

function checkLine({ authority, outcome, reason, skew_ms, took_ms }: Checked): string {
  const took = `it answered within ${formatSeconds(took_ms / 1000)}`;
  if (outcome === "unchecked") return `${authority} stamps, unchecked; ${took}`;
  if (skew_ms === null) return `${authority} gives no stamp: ${reason ?? outcome}`;
  const clock = `its clock is ${formatSeconds(Math.abs(skew_ms) / 1000)} ${skew_ms < 0 ? "behind" : "ahead"}`;
  return `${authority} stamps, and its stamp is in order; ${took}; ${clock}`;
}
