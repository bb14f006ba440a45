import { ExhibitError } from "@exhibit/contracts";
import type { StampFault } from "@exhibit/custody";
import {
  type ClaimedStamp,
  claimStamp,
  giveBackStamp,
  type Ledger,
  nextStamp,
  pauseAuthority,
  recordStamp,
  recordStampRefusal,
} from "@exhibit/ledger";
import type { Attempt, Engine } from "@exhibit/queue";
import { type Logger, withSpan } from "@exhibit/telemetry";
import { inTurn, pauseAfter } from "../jobs/in-turn.ts";
import { ringDeposits } from "../jobs/ring-deposits.ts";
import { untilReachable } from "../jobs/until-reachable.ts";
import {
  ANSWER_TIMEOUT_MS,
  type Asking,
  askAuthority,
  type StampAuthority,
  type Token,
} from "./ask-authority.ts";

/** What entries are stamped by. */
export interface StampParts extends Asking {
  readonly authorities: readonly StampAuthority[];
  /** Milliseconds before the second request to an authority that couldn't be had. @defaultValue 30,000 */
  readonly firstPauseMs?: number;
}

export interface StampDependencies extends StampParts {
  readonly ledger: Ledger;
  readonly engine: Pick<Engine, "enqueue">;
  readonly logger: Logger;
}

/** Milliseconds after which a stamp that a process that died asked for is due again. */
const LEASE_MS = 2 * ANSWER_TIMEOUT_MS;
/** Milliseconds for which a stamp waits whose authority this worker doesn't know: another one may. */
const UNKNOWN_PAUSE_MS = 5 * 60 * 1000;
/** Milliseconds by which an authority's clock and ours may differ before it is worth a warning. */
const MAX_SKEW_MS = 10 * 60 * 1000;

/**
 * Asks an authority for the stamps that are due, and comes back when more will be. A job is an
 * authority's, and not an entry's: so one that is away, or slow, keeps no other waiting.
 */
export async function stamp(
  dependencies: StampDependencies,
  name: string,
  attempt: Attempt,
): Promise<void> {
  const { ledger, authorities } = dependencies;
  const authority = authorities.find((each) => each.name === name);
  if (authority === undefined) return await pauseUnknown(ledger, name);
  await inTurn(attempt, {
    async one() {
      const claimed = await claimStamp(ledger, name, LEASE_MS);
      return claimed !== undefined && (await stampOne(dependencies, authority, claimed, attempt));
    },
    next: () => nextStamp(ledger, name),
    waits: () => unavailable(name, "It is asked again."),
  });
}

async function pauseUnknown(ledger: Ledger, name: string): Promise<void> {
  const error = "A worker that took its turn has no such authority in its configuration.";
  await pauseAuthority(ledger, name, { pauseMs: UNKNOWN_PAUSE_MS, error });
}

/** Asks for one stamp, and records what became of it. Returns whether the next one is worth asking for. */
async function stampOne(
  dependencies: StampDependencies,
  authority: StampAuthority,
  claimed: ClaimedStamp,
  { signal }: Attempt,
): Promise<boolean> {
  const { ledger } = dependencies;
  const { name } = authority;
  return await withSpan("exhibit.stamp", { "exhibit.authority": name }, async (span) => {
    const answer = await askAuthority(dependencies, authority, claimed.text, signal);
    // What was answered is recorded, even if the ledger is away for a moment.
    const record = (work: () => Promise<void>) => untilReachable(work, signal);
    if (answer === undefined) {
      await record(() => giveBackStamp(ledger, claimed));
      return false;
    }
    span.set({ "exhibit.entry": claimed.entry, "exhibit.outcome": outcomeOf(answer) });
    report(dependencies, claimed, answer);
    if (!("kind" in answer)) {
      await record(() => recordStamp(ledger, claimed, answer));
      // It is kept wherever its seal is.
      await ringDeposits(dependencies);
      return true;
    }
    const { kind, reason } = answer;
    if (kind !== "away") {
      const error = errorOf(kind, name, reason).message;
      await record(() => recordStampRefusal(ledger, claimed, { state: kind, error }));
      return true;
    }
    const pauseMs = pauseAfter(claimed.attempts, dependencies.firstPauseMs);
    const { message } = unavailable(name, reason);
    await record(() => pauseAuthority(ledger, name, { pauseMs, error: message }));
    return false;
  });
}

const codes = { refused: "STAMP_REFUSED", invalid: "STAMP_INVALID" } as const;

function errorOf(kind: keyof typeof codes, name: string, reason: string): ExhibitError {
  return new ExhibitError(codes[kind], `The answer of ${name} isn't a stamp: ${reason}.`);
}

function unavailable(name: string, reason: string): ExhibitError {
  return new ExhibitError("STAMP_UNAVAILABLE", `No stamp of ${name} for now: ${sentence(reason)}`);
}

function sentence(text: string): string {
  return text.endsWith(".") ? text : `${text}.`;
}

function outcomeOf(answer: Token | StampFault): string {
  if ("kind" in answer) return answer.kind;
  return answer.checked ? "granted" : "unchecked";
}

function report(
  { logger }: StampDependencies,
  { entry, authority, attempts }: ClaimedStamp,
  answer: Token | StampFault,
): void {
  const fields = { entry, authority, attempts };
  if ("kind" in answer) {
    const { kind, reason } = answer;
    const said = "an authority gave no stamp";
    logger.warn({ event: "stamp.failed", ...fields, outcome: kind, reason }, said);
    return;
  }
  const at = answer.checked?.at;
  logger.info({ event: "stamp.given", ...fields, at: at?.toISOString() }, "an entry is stamped");
  const skewMs = at === undefined ? 0 : at.getTime() - Date.now();
  if (Math.abs(skewMs) <= MAX_SKEW_MS) return;
  logger.warn(
    { event: "stamp.skewed", ...fields, skew_ms: skewMs },
    "an authority's clock and ours differ by more than ten minutes: one of them is wrong",
  );
}
