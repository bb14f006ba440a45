import { z } from "zod";
import { pageOf } from "./pages.ts";

/**
 * What people do to imports, (`pause`, `resume` and `accept` only) to vendors, and (`create`, `rotate`
 * and `revoke`) to keys. Each of them is recorded in the audit log, in the transaction that does it.
 * `board` is what they do to jobs in Bull Board, and is recorded before it is done.
 */
export const auditActions = [
  "create",
  "retry",
  "cancel",
  "waive",
  "pause",
  "resume",
  "accept",
  "change",
  "rotate",
  "revoke",
  "board",
] as const;
export type AuditAction = (typeof auditActions)[number];

/** What a person can do in Bull Board: to one job, or to all of a queue that are in one state. */
export type BoardAction = "retry" | "remove" | "promote" | "resume";

/** One press of a button in Bull Board. */
export interface BoardAct {
  readonly action: BoardAction;
  /** Null for all queues. */
  readonly queue: string | null;
  /** The id of the one job, such as `store-7`; null for all. */
  readonly job: string | null;
  /** The state that the jobs are in; null for any. */
  readonly status: string | null;
}

/** Who is recorded when the caller doesn't say who they are. */
export const UNNAMED_ACTOR = "api";

/** One entry of the audit log: who did what to what, when and why. */
export const auditEvent = z
  .object({
    event_id: z.string(),
    import_id: z.uuid().nullable().describe("Null when something else was acted on"),
    vendor: z.string().nullable().describe("Null when something else was acted on"),
    subject: z
      .string()
      .nullable()
      .describe("What else was acted on, as its path here: `keys/AbC12345`, `queues/store`"),
    at: z.iso.datetime(),
    who: z.string(),
    what: z.enum(auditActions),
    why: z.string().nullable(),
    folder_id: z.string().nullable().describe("The folder that the action was limited to"),
    file_id: z.string().nullable().describe("The one file that the action was limited to"),
    code: z.string().nullable().describe("The error code that the action was limited to"),
    files: z.int().nonnegative().nullable().describe("How many files were retried or waived"),
    details: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe(
        "Further facts, such as `allow_empty` of a retry, `from` and `to` of an accept, or `action`, `queue` and `job` of a press in Bull Board",
      ),
  })
  .meta({ id: "AuditEvent" });
export type AuditEvent = z.output<typeof auditEvent>;

export const auditPage = pageOf(auditEvent).meta({ id: "AuditPage" });
