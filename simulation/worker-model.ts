import { type ExhibitError, toExhibitError } from "@exhibit/contracts";
import { type Broker, createBroker, type LeaseStore } from "@exhibit/credentials";
import {
  createByteBudget,
  FILES_AT_ONCE,
  type NotStoredFile,
  outcomeOf,
  unfinished,
} from "@exhibit/ingest/simulation";
import type { PlannedFile } from "@exhibit/ledger";
import type { LeaseHolder } from "@exhibit/oss";
import {
  type Admission,
  createAdmission,
  createRetry,
  defaults,
  keyOf,
  observedSender,
  type Sender,
} from "@exhibit/oss/simulation";
import { type Attempt, Postponed } from "@exhibit/queue";
import pLimit from "p-limit";
import { MEMORY_BYTES } from "../apps/worker/src/worker.ts";
import { jobOptions } from "../packages/queue/src/queues.ts";
import type { Job, QueueModel } from "./queue-model.ts";
import type { Shard } from "./shard.ts";
import type { VendorModel } from "./vendor-model.ts";
import type { VirtualTime } from "./virtual-time.ts";
import type { World } from "./world.ts";

/** Statements of Postgres before a shard's first file and after its last one. */
const STATEMENTS_BEFORE = 5;
const STATEMENTS_AFTER = 2;

export interface WorkerDependencies {
  time: VirtualTime;
  world: World;
  queue: QueueModel;
  vendors: VendorModel["vendors"];
  /** The store through which all workers share leases. */
  store: LeaseStore;
  /** The worker's own line to OSS. */
  sender: Sender;
  onStored(shard: Shard): void;
  /** Is called when a shard goes back to the queue, or has failed. */
  onUnfinished(shard: Shard, error: Error, isFinal: boolean): void;
}

/** Starts a worker process with windows, broker and memory of its own. Only what these reach is a model. */
export function startWorker(given: WorkerDependencies): Admission {
  const { time, world, queue, vendors, store } = given;
  const admission = createAdmission(defaults);
  const sender = observedSender(given.sender, admission);
  const broker = createBroker({ vendors, store });
  const memory = createByteBudget(MEMORY_BYTES);

  async function sendFile(leases: LeaseHolder, file: PlannedFile): Promise<void> {
    const first = await leases.current({ minimumRemaining: defaults.minimumRemaining });
    const limits = admission.of(first);
    await limits.files.run(async () => {
      const free = await memory.acquire(file.size);
      try {
        const key = keyOf(first, file.path);
        const retry = createRetry(leases, { key, first }, defaults);
        const body = { length: file.size, chunks: [] };
        const about = { operation: "PutObject", method: "PUT", key, body };
        await retry((lease) => sender.send({ ...about, lease }), undefined, limits.limiter);
      } finally {
        free();
      }
    }, undefined);
  }

  /** Does what `storeShard` of packages/ingest does; `shard.left` takes the place of the ledger. */
  async function storeShard(shard: Shard, attempt: Attempt): Promise<void> {
    await time.until(time.now() + STATEMENTS_BEFORE * world.postgres);
    const leasesFor = leasesOf(broker, shard);
    const limit = pLimit(FILES_AT_ONCE);
    let stored = 0;
    const notStored: NotStoredFile[] = [];
    const store = async (file: PlannedFile) => {
      try {
        await sendFile(leasesFor(file), file);
        stored += 1;
        shard.left.delete(file);
        given.onStored(shard);
      } catch (thrown) {
        notStored.push(notStoredAs(file, toExhibitError(thrown), attempt));
      }
    };
    await Promise.all([...shard.left].map((file) => limit(() => store(file))));
    await time.until(time.now() + STATEMENTS_AFTER * world.postgres);
    if (notStored.length > 0)
      throw unfinished({ stored, notStored, isLeftToOthers: false }, attempt);
  }

  async function work(): Promise<void> {
    for (;;) {
      const job = await queue.take();
      await storeShard(job.shard, attemptOf(job)).catch((error) => settle(given, job, error));
    }
  }

  for (let slot = 0; slot < world.worker.slots; slot += 1) void work();
  return admission;
}

function attemptOf({ starts, attempts }: Job): Attempt {
  return {
    starts,
    last: attempts + 1 >= jobOptions.attempts,
    postponed: starts - attempts - 1,
    signal: new AbortController().signal,
    isHeld: () => true,
    log: async () => {},
  };
}

function notStoredAs(
  { path, size }: PlannedFile,
  error: ExhibitError,
  attempt: Attempt,
): NotStoredFile {
  const file = { id: 0, path, size, modifiedMs: 0, slot: null, hasUpload: false, code: null };
  return { file, outcome: outcomeOf(file, { error, isLeftToOthers: false }, attempt), error };
}

function leasesOf(broker: Broker, { folder }: Shard): (file: PlannedFile) => LeaseHolder {
  const perFile = broker.perFile(folder.vendor);
  const holderOf = (of: typeof folder): LeaseHolder => ({
    current: (options) => broker.lease(of, options),
    replace: (refused) => broker.lease(of, { unlike: refused.id }),
  });
  if (!perFile) {
    const shared = holderOf(folder);
    return () => shared;
  }
  return ({ path, slot = 0 }) => {
    const named = perFile.slot({ path, number: slot });
    if (named instanceof Error) throw named;
    return holderOf({ ...folder, folder: { ...folder.folder, ...named } });
  };
}

/** Does what the queue does: see `createProcessor` and `jobOptions` of packages/queue. */
function settle({ queue, onUnfinished }: WorkerDependencies, job: Job, error: Error): void {
  const isPostponed = error instanceof Postponed;
  if (!isPostponed) job.attempts += 1;
  const isFinal = job.attempts >= jobOptions.attempts;
  onUnfinished(job.shard, error, isFinal);
  if (isFinal) return;
  const { delay, jitter } = jobOptions.backoff;
  const backoff = delay * 2 ** (job.attempts - 1) * (1 - jitter * Math.random());
  queue.delay(job, isPostponed ? error.delayMs : backoff);
}
