import { z } from "zod";
import { auditEvent } from "../audit.ts";
import { fileView } from "./files.ts";
import { incidentView } from "./incidents.ts";
import { source } from "./sources.ts";

/** Everything that is known of one file. */
export const fileDetails = fileView
  .extend({
    import_id: z.uuid(),
    vendor: z.string(),
    folder: z.record(z.string(), z.string()).describe("The vendor's name of its folder"),
    source,
    shard: z
      .object({
        shard_id: z.string(),
        number: z.int().positive().describe("The shard's number in the import"),
        state: z.enum(["open", "stored", "failed"]),
        runs: z.int().nonnegative().describe("How often a worker has taken it up"),
        opened_at: z.iso.datetime().describe("When it was planned, or retried last"),
        job_id: z.string().describe("Its job in Bull Board's queue `store`"),
        trace_id: z
          .string()
          .nullable()
          .describe("The trace of its last run; null without telemetry, or before it began"),
      })
      .nullable()
      .describe("The files that it is stored together with; null for what is never sent"),
    incidents: z
      .array(incidentView)
      .describe("What touched its integrity, the first 100; also if it was stored in the end"),
    acts: z
      .array(auditEvent)
      .describe(
        "What people did to this file alone, the first 100; what they did to many files is on the import's record",
      ),
  })
  .meta({ id: "FileDetails" });
export type FileDetails = z.output<typeof fileDetails>;
