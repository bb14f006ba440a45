import { z } from "zod";
import { shownErrorCode } from "../../errors/error-code.ts";

/** What work may be waiting for; it goes on by itself. */
export const waitsFor = z
  .enum(["start", "worker", "queue", "ledger", "vendor", "source", "store"])
  .meta({
    id: "WaitFor",
    description:
      "start: its time hasn't come; worker: no worker is running; queue, ledger: the service; vendor: a lease; source: the disk or share; store: OSS",
  });
export type WaitsFor = z.output<typeof waitsFor>;

/** A part of the work is waiting, and why. */
export const wait = z
  .object({
    for: waitsFor,
    name: z.string().nullable().describe("Which one: the vendor, the source's path, or the bucket"),
    since: z.iso.datetime(),
    code: shownErrorCode.nullable(),
    message: z.string(),
    until: z.iso
      .datetime()
      .optional()
      .describe("When it goes on or is tried again, where that is known"),
  })
  .meta({ id: "Wait" });
export type Wait = z.output<typeof wait>;

/** Which sources a worker can't see, though another may. Paths are absolute. */
export const workerSight = z.object({
  /** Workers with an equal value see the same files. */
  view: z.string(),
  /** Paths that its own jobs didn't find. */
  missed: z.array(z.string()),
  /** Paths that other workers' jobs didn't find, and that it doesn't see either. */
  unseen_too: z.array(z.string()),
});
export type WorkerSight = z.output<typeof workerSight>;

/** What a worker reports about its jobs with each heartbeat. */
export const workerWaits = z.object({
  /** Folders with recent progress. */
  moving: z.array(z.object({ import_id: z.string(), folder_id: z.number() })),
  waits: z.array(
    z.object({ ...wait.shape, import_id: z.string(), folder_id: z.number(), vendor: z.string() }),
  ),
});
export type WorkerWaits = z.output<typeof workerWaits>;
