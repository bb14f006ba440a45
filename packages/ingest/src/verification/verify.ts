import { type ExhibitError, toExhibitError } from "@exhibit/contracts";
import type { Broker } from "@exhibit/credentials";
import {
  failVerification,
  type Ledger,
  readVerification,
  readVerificationWork,
  type Sealer,
  type VerificationWork,
  verifyReceipts,
} from "@exhibit/ledger";
import type { ObjectStore } from "@exhibit/oss";
import { type Attempt, type Engine, Postponed } from "@exhibit/queue";
import type { Sources } from "@exhibit/sources";
import { count, type Logger } from "@exhibit/telemetry";
import { outages, postponed } from "../jobs/postpone.ts";
import { ringDeposits } from "../jobs/ring-deposits.ts";
import { ringStamps } from "../jobs/ring-stamps.ts";
import { ringWebhooks } from "../jobs/ring-webhooks.ts";
import type { ByteBudget } from "../storing/byte-budget.ts";
import { compareObjects } from "./objects.ts";
import { compareSources } from "./sources.ts";
import { verifyCopies } from "./verify-copies.ts";

export interface VerifyDependencies {
  ledger: Ledger;
  engine: Pick<Engine, "enqueue">;
  logger: Logger;
  sealer: Sealer;
  broker: Broker;
  objectStore: Pick<ObjectStore, "reading">;
  sources: Pick<Sources, "open">;
  /** The memory that everything that this worker reads shares. */
  memory: ByteBudget;
}

/** Milliseconds between two checks whether a verification is still wanted. */
const CHECK_EVERY_MS = 1000;

/**
 * Runs a verification from the first part that isn't done, until it ends or nobody wants it any more.
 * What passes by itself postpones the job; what needs somebody's action ends the verification.
 */
export async function verify(
  dependencies: VerifyDependencies,
  number: number,
  attempt: Attempt,
): Promise<void> {
  const { ledger } = dependencies;
  const work = await readVerificationWork(ledger, number);
  if (work === undefined) return;
  const stop = new AbortController();
  const timer = setInterval(() => {
    readVerificationWork(ledger, number).then(
      (still) => still === undefined && stop.abort(),
      () => {},
    );
  }, CHECK_EVERY_MS);
  try {
    const signal = AbortSignal.any([attempt.signal, stop.signal]);
    const hasEnded = await run(dependencies, work, { ...attempt, signal });
    if (!hasEnded) return;
    const { authorities, deposits } = dependencies.sealer;
    ringStamps(dependencies, authorities);
    if (deposits) await ringDeposits(dependencies);
    await tellEnd(dependencies, number);
  } catch (thrown) {
    if (stop.signal.aborted) return;
    if (thrown instanceof Postponed) throw thrown;
    throw await afterFailure(ledger, number, toExhibitError(thrown), attempt);
  } finally {
    clearInterval(timer);
  }
}

async function tellEnd(dependencies: VerifyDependencies, number: number): Promise<void> {
  const { ledger, logger } = dependencies;
  const view = await readVerification(ledger, number);
  const { import_id: importId, against, outcome, checked, same } = view;
  const fields = { verification: number, import_id: importId, against, outcome, checked, same };
  count("exhibit.verifications", {
    "exhibit.against": against,
    "exhibit.outcome": outcome ?? "same",
  });
  if (outcome === "same") {
    logger.info({ event: "verification.ended", ...fields }, "a seal was verified");
    return;
  }
  logger.warn({ event: "verification.ended", ...fields }, "a seal was verified, and isn't proved");
  if (outcome === "differs") await ringWebhooks(dependencies, { importId });
}

async function run(
  dependencies: VerifyDependencies,
  work: VerificationWork,
  attempt: Attempt,
): Promise<boolean> {
  const { ledger, sealer, objectStore } = dependencies;
  const { signal } = attempt;
  const { against, rate, by } = work;
  if (against === "receipts") return await verifyReceipts(ledger, work, { sealer, signal });
  const compare =
    against === "source"
      ? compareSources(dependencies, { rate, attempt })
      : compareObjects(
          { ...dependencies, reading: objectStore.reading },
          { by: by ?? undefined, rate, attempt },
        );
  return await verifyCopies(ledger, work, { sealer, signal, compare });
}

/** Returns what the job throws. */
async function afterFailure(
  ledger: Ledger,
  number: number,
  error: ExhibitError,
  attempt: Attempt,
): Promise<Error> {
  if (outages.has(error.code) || error.code === "SEAL_KEY_MISMATCH")
    return postponed(error, attempt);
  if (error.action === "never") await failVerification(ledger, number, error);
  return error;
}
