import type { Broker } from "@exhibit/credentials";
import {
  addShards,
  addUnsendable,
  type FolderRow,
  type Ledger,
  type PlannedFile,
  readSlots,
  type UnsendableEntry,
} from "@exhibit/ledger";
import type { Engine } from "@exhibit/queue";
import type { SourceEntry } from "@exhibit/sources";
import type { Logger } from "@exhibit/telemetry";
import { jobOfShard, UNREACHABLE } from "../jobs/enqueue.ts";
import { oneInFlight } from "./one-in-flight.ts";
import { createSharder } from "./sharder.ts";
import { createSlots, type Slots } from "./slots.ts";
import { createSortedBatches } from "./sorted-batches.ts";
import { sendable } from "./unsendable.ts";

export interface IntakeDependencies {
  ledger: Ledger;
  engine: Pick<Engine, "enqueueNew">;
  broker: Pick<Broker, "perFile">;
  logger: Logger;
}

/** Skipped and faulty entries are written to the ledger this many at a time. */
const UNSENDABLE_BATCH = 256;

/**
 * Writes what a walk yields to the ledger: files by the shard, the other entries by the batch. New
 * shards are enqueued at once, so that uploads begin while a large source is still being walked.
 */
export interface Intake {
  /**
   * Takes an entry; resolves when more can be taken. Rejects with what the ledger failed with,
   * STATE_CONFLICT if the folder has been planned by another walk or its import is cancelled.
   *
   * @param keyPath the path that the object's key is made of
   */
  take(entry: SourceEntry, keyPath: string): Promise<void>;
  /** Resolves when everything taken is in the ledger, and the last shards are enqueued. */
  rest(): Promise<void>;
  /** Resolves when nothing is being written any more. Never rejects: `take` and `rest` do. */
  idle(): Promise<void>;
  /** Whether only skipped entries have been taken. */
  readonly isEmpty: boolean;
  /** Whether each file has a slot: then all of them are compared with each other. */
  readonly hasSlots: boolean;
}

export async function createIntake(
  dependencies: IntakeDependencies,
  folder: FolderRow,
): Promise<Intake> {
  const slots = await slotsFor(dependencies, folder);
  const batches = createSortedBatches();
  const sharder = createSharder();
  const adding = oneInFlight();
  let unsendable: UnsendableEntry[] = [];
  let isEmpty = true;

  async function addFiles(files: readonly PlannedFile[]): Promise<void> {
    const shards = files.flatMap((file) => sharder.add(file));
    if (shards.length > 0) await adding.begin(() => enqueueShards(dependencies, folder, shards));
  }

  async function writeUnsendable(): Promise<void> {
    if (unsendable.length > 0) await addUnsendable(dependencies.ledger, folder, unsendable);
    unsendable = [];
  }

  return {
    async take(entry, keyPath) {
      if (entry.kind !== "skipped") isEmpty = false;
      const { file, refused } = sendable(entry, keyPath);
      if (refused) unsendable.push(refused);
      else if (slots) unsendable.push(...slots.add(file));
      else await addFiles(batches.add(file));
      if (unsendable.length >= UNSENDABLE_BATCH) await writeUnsendable();
    },
    async rest() {
      await writeUnsendable();
      await addFiles([...batches.rest(), ...(slots?.rest() ?? [])]);
      const last = sharder.rest();
      await adding.begin(() => enqueueShards(dependencies, folder, last));
      await adding.end();
    },
    idle: () => adding.end().catch(() => {}),
    get isEmpty() {
      return isEmpty;
    },
    hasSlots: slots !== undefined,
  };
}

/** Returns the slots of a folder whose vendor opens files one by one, and undefined otherwise. */
async function slotsFor(
  { ledger, broker }: IntakeDependencies,
  { id, vendor }: FolderRow,
): Promise<Slots | undefined> {
  const perFile = broker.perFile(vendor);
  return perFile && createSlots(vendor, perFile, await readSlots(ledger, id));
}

/** Writes shards to the ledger and enqueues them. */
async function enqueueShards(
  { ledger, engine, logger }: IntakeDependencies,
  folder: FolderRow,
  shards: readonly PlannedFile[][],
): Promise<void> {
  if (shards.length === 0) return;
  const added = await addShards(ledger, folder, shards);
  await engine.enqueueNew("store", added.map(jobOfShard)).catch((err) => {
    // The shards are in the ledger, so the reconciler enqueues them.
    const shard_ids = added.map(({ shardId }) => shardId);
    logger.warn({ err, shard_ids }, UNREACHABLE);
  });
}
