import { type ErrorCode, ExhibitError, toExhibitError } from "@exhibit/contracts";
import {
  type ClaimedDeposit,
  claimDeposit,
  giveBackDeposit,
  nextDeposit,
  pauseDeposit,
  pauseReceiver,
  recordDeposit,
  recordDepositRefusal,
} from "@exhibit/ledger";
import type { Attempt } from "@exhibit/queue";
import type { SafeFetch } from "@exhibit/safe-fetch";
import { type Logger, withSpan } from "@exhibit/telemetry";
import { inTurn, pauseAfter } from "../jobs/in-turn.ts";
import { outages } from "../jobs/postpone.ts";
import { untilReachable } from "../jobs/until-reachable.ts";
import { type BesideDependencies, putBeside } from "./beside.ts";
import { type AddressToTell, headOf, type MailToTell, mailOf, tellAddress } from "./tell.ts";

/** Who is told of entries of the register. */
export interface DepositParts {
  readonly fetch: SafeFetch;
  /** Undefined if nobody is told by a request. */
  readonly address?: AddressToTell | undefined;
  /** Undefined if nobody is told by mail. */
  readonly mail?: MailToTell | undefined;
}

export interface DepositDependencies extends BesideDependencies, DepositParts {
  readonly logger: Logger;
  /** Milliseconds before the second try of what can't be done for the moment. @defaultValue 30,000 */
  readonly firstPauseMs?: number;
}

/** Milliseconds after which what a process that died has begun is due again: a list may be long. */
const LEASE_MS = 30 * 60 * 1000;

/** Faults that are everybody's who waits for the same receiver. */
const ofReceiver: ReadonlySet<ErrorCode> = new Set([...outages, "ADDRESS_UNREACHABLE"]);

/**
 * Keeps elsewhere what is due for one receiver, and comes back when more will be. A job is a receiver's:
 * so one that is away keeps no other waiting, and nothing else waits for any of them.
 */
export async function deposit(
  dependencies: DepositDependencies,
  receiver: string,
  attempt: Attempt,
): Promise<void> {
  const { ledger } = dependencies;
  await inTurn(attempt, {
    async one() {
      const claimed = await claimDeposit(ledger, receiver, LEASE_MS);
      return claimed !== undefined && (await depositOne(dependencies, claimed, attempt));
    },
    next: () => nextDeposit(ledger, receiver),
    waits: () => new ExhibitError("ADDRESS_UNREACHABLE", "What isn't kept yet is tried again."),
  });
}

/** Keeps one thing elsewhere, and records what became of it. Returns whether the next one is worth a try. */
async function depositOne(
  dependencies: DepositDependencies,
  claimed: ClaimedDeposit,
  { signal }: Attempt,
): Promise<boolean> {
  const { ledger, logger } = dependencies;
  const { entry, receiver, folder, part, attempts } = claimed;
  const record = (work: () => Promise<void>) => untilReachable(work, signal);
  const attributes = { "exhibit.entry": entry, "exhibit.receiver": receiver };
  return await withSpan("exhibit.deposit", attributes, async (span) => {
    const fields = { entry, receiver, folder, part, attempts };
    try {
      const keys = await keep(dependencies, claimed, signal);
      span.set({ "exhibit.outcome": "deposited" });
      await record(() => recordDeposit(ledger, claimed, keys));
      logger.info({ event: "deposit.made", ...fields }, "an entry is kept elsewhere");
      return true;
    } catch (thrown) {
      const error = toExhibitError(thrown);
      if (signal.aborted) {
        await record(() => giveBackDeposit(ledger, claimed));
        return false;
      }
      const { code, message } = error;
      logger.warn(
        { event: "deposit.failed", ...fields, code, reason: message },
        "an entry isn't kept elsewhere",
      );
      span.set({ "exhibit.outcome": error.action === "never" ? "refused" : "away" });
      if (error.action === "never") {
        await record(() => recordDepositRefusal(ledger, claimed, `${code}: ${message}`));
        return true;
      }
      const pauseMs = Math.max(
        pauseAfter(attempts, dependencies.firstPauseMs),
        error.retryAfter ?? 0,
      );
      const pause = { pauseMs, error: `${code}: ${message}` };
      const isEverybodys = ofReceiver.has(code);
      await record(() =>
        isEverybodys
          ? pauseReceiver(ledger, receiver, pause)
          : pauseDeposit(ledger, claimed, pause),
      );
      return !isEverybodys;
    }
  });
}

/** Returns the keys of the objects that it is kept in, if it is in OSS. */
async function keep(
  dependencies: DepositDependencies,
  claimed: ClaimedDeposit,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  if (claimed.folder > 0) return await putBeside(dependencies, claimed, signal);
  const { fetch, address, mail } = dependencies;
  const head = headOf(claimed);
  if (claimed.receiver === "url" && address)
    return void (await tellAddress(fetch, address, head, signal));
  if (claimed.receiver === "mail" && mail) return void (await mail.send(mailOf(head), signal));
  throw new ExhibitError(
    "ADDRESS_UNREACHABLE",
    `The worker whose turn it was has no custody.deposit.${claimed.receiver} in its configuration.`,
  );
}
