import { z } from "zod";
import { heldLease } from "./leases.ts";
import { rate } from "./rates.ts";

const bytes = z.int().nonnegative();

/** A job that a worker has under way. */
const runningJob = z.object({
  queue: z.string(),
  id: z.string().describe("Of the folder (plan), the shard (store) or the import (seal)"),
  since: z.iso.datetime(),
});

const bucketWindow = z.object({
  endpoint: z.string(),
  bucket: z.string(),
  size: z.int().nonnegative().describe("The most requests with bytes under way, for now"),
  in_flight: z.int().nonnegative(),
});

/** What a worker says of itself with each heartbeat. */
export const workerReport = z.object({
  pid: z.int().positive(),
  jobs: z.array(runningJob).describe("What it has under way"),
  ...rate.shape,
  windows: z.array(bucketWindow).describe("The concurrency window of each bucket it sends to"),
  memory: z.object({
    rss_bytes: bytes.describe("The memory of its process"),
    heap_bytes: bytes.describe("JavaScript's part of it"),
    files_bytes: bytes.describe("What files in transit hold"),
  }),
});
export type WorkerReport = z.output<typeof workerReport>;

/** What a worker tells the ledger with each heartbeat: its leases are shown by vendor. */
export const toldReport = workerReport.extend({ leases: z.array(heldLease) });
export type ToldReport = z.output<typeof toldReport>;

export const fleetWorker = z
  .object({
    worker_id: z.string(),
    host: z.string().nullable(),
    os_user: z.string().nullable(),
    version: z.string().nullable().describe("The version of Exhibit"),
    node: z.string().nullable().describe("The version of Node"),
    since: z.iso.datetime().describe("When it was heard from first"),
    seen_at: z.iso.datetime().describe("When it was heard from last"),
    alive: z
      .boolean()
      .describe(
        "Whether it was heard from in the last ten seconds. One that ended in good order isn't listed; one that died is, for an hour",
      ),
    report: workerReport
      .nullable()
      .describe("What it said of itself then; null for a worker of an earlier release"),
  })
  .meta({ id: "FleetWorker" });
export type FleetWorker = z.output<typeof fleetWorker>;

export const workerList = z.object({ items: z.array(fleetWorker) }).meta({ id: "WorkerList" });
export type WorkerList = z.output<typeof workerList>;
