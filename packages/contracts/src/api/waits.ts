import { z } from "zod";
import { errorCodes } from "../errors/error-table.ts";

/** What work may wait for while nobody has to do anything for it to go on. */
export const waitsFor = z
  .enum(["worker", "queue", "ledger", "vendor", "source", "store"])
  .describe(
    "worker: none is running; vendor: a lease; source: the disk or share that is read; store: OSS",
  );
export type WaitsFor = z.output<typeof waitsFor>;

/** That a part of the work stands still, and why. */
export const wait = z
  .object({
    for: waitsFor,
    name: z.string().nullable().describe("Which one: the vendor, the source's path, the bucket"),
    since: z.iso.datetime(),
    code: z.enum(errorCodes as [string, ...string[]]).nullable(),
    message: z.string(),
  })
  .meta({ id: "Wait" });
export type Wait = z.output<typeof wait>;

/** What a worker doesn't see of the sources: another may. Paths are absolute. */
export const workerSight = z.object({
  /** Workers with the same view see the same files. */
  view: z.string(),
  /** What its jobs didn't find. */
  missed: z.array(z.string()),
  /** What the jobs of others didn't find, and it doesn't see either. */
  unseen_too: z.array(z.string()),
});
export type WorkerSight = z.output<typeof workerSight>;

/** What a worker tells of its jobs with each sign of life. */
export const workerWaits = z.object({
  /** Folders of which something moved lately. */
  moving: z.array(z.object({ import_id: z.string(), folder_id: z.number() })),
  waits: z.array(
    z.object({ ...wait.shape, import_id: z.string(), folder_id: z.number(), vendor: z.string() }),
  ),
});
export type WorkerWaits = z.output<typeof workerWaits>;
