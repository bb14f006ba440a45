import {
  beginDue,
  forgetOldAnswers,
  forgetOldDeliveries,
  forgetOldPeople,
  forgetOldProgress,
  forgetOldQuestions,
  forgetOldReads,
  keepJournal,
  type Ledger,
  recordOldDigests,
  type Schedule,
  type Sealer,
} from "@exhibit/ledger";
import type { Engine } from "@exhibit/queue";
import type { Logger } from "@exhibit/telemetry";
import { jobsOfVerifications } from "../jobs/enqueue.ts";
import { ringDeposits } from "../jobs/ring-deposits.ts";
import { ringStamps } from "../jobs/ring-stamps.ts";
import { type AbortDependencies, abortOrphanedUploads } from "../storing/abort-orphaned-uploads.ts";
import { enqueueOpenWork } from "./enqueue-open-work.ts";

export interface ReconcileDependencies extends AbortDependencies {
  engine: Pick<Engine, "enqueue">;
  logger: Logger;
  /** How seals are verified from time to time. */
  schedules: readonly Schedule[];
  sealer: Sealer;
}

/** Shards of an earlier release whose digests one call makes: some 50,000 files. */
const OLD_SHARDS = 200;

/** The ledgers that have no such shard any more. */
const withDigests = new WeakSet<Ledger>();

/**
 * Makes queue and OSS agree with the ledger again: enqueues what is open in imports that haven't
 * changed for `quietMs` milliseconds, and aborts multipart uploads that nobody will continue. Forgets
 * answers, reads, deliveries and rates that aren't kept any longer, and questions that nobody waits
 * for. Begins the verifications that are due, and writes the register's journal. Makes what an earlier release didn't keep of its shards.
 */
export async function reconcile(
  dependencies: ReconcileDependencies,
  quietMs: number,
): Promise<void> {
  await enqueueOpenWork(dependencies, quietMs);
  await beginScheduled(dependencies);
  await writeDueJournal(dependencies);
  await forgetOldAnswers(dependencies.ledger);
  await forgetOldReads(dependencies.ledger);
  await forgetOldPeople(dependencies.ledger);
  await forgetOldQuestions(dependencies.ledger);
  await forgetOldDeliveries(dependencies.ledger);
  const { ledger } = dependencies;
  if (!withDigests.has(ledger) && !(await recordOldDigests(ledger, OLD_SHARDS)))
    withDigests.add(ledger);
  await forgetOldProgress(dependencies.ledger);
  const left = await abortOrphanedUploads(dependencies);
  if (left > 0) {
    dependencies.logger.warn({ uploads: left }, "multipart uploads can't be aborted for now");
  }
}

/** Writes a journal when it is time for one, and rings for those who stamp it, or keep its head. */
async function writeDueJournal(dependencies: ReconcileDependencies): Promise<void> {
  const { ledger, logger, sealer } = dependencies;
  const number = await keepJournal(ledger, sealer);
  if (number === undefined) return;
  logger.info({ event: "journal.written", entry: number }, "the register has a journal");
  ringStamps(dependencies, sealer.authorities);
  if (sealer.deposits) await ringDeposits(dependencies);
}

async function beginScheduled({
  ledger,
  engine,
  schedules,
}: Pick<ReconcileDependencies, "ledger" | "engine" | "schedules">): Promise<void> {
  for (const schedule of schedules) {
    const numbers = await beginDue(ledger, schedule);
    if (numbers.length > 0) await engine.enqueue("verify", jobsOfVerifications(numbers));
  }
}
