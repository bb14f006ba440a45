import { z } from "zod";
import { plainText } from "../text/plain-text.ts";
import { moment } from "./moment.ts";
import { among, pageOf, pageQuery } from "./pages.ts";

/**
 * What people do to imports, (`pause`, `resume` and `accept` only) to vendors, (`create`, `rotate` and
 * `revoke`) to keys, (`change`) to the bandwidth limit, and (`create`, `change`, `rotate`, `remove`, `test`
 * and `redeliver`) to webhooks; `login` and `logout` begin and end their sessions. Each of them is recorded
 * in the audit log, in the transaction that does it. `board` is what they do to jobs in Bull Board, and is
 * recorded before it is done. `seal` is what Exhibit does itself when an import has ended. `export` gives somebody a bag
 * of it, `stamp` has a time stamp asked for again, `deposit` has what is to be kept elsewhere tried again, and `distrust` is of a key that signs seals. `verify`
 * begins a verification of its seal, or cancels one.
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
  "remove",
  "test",
  "redeliver",
  "board",
  "login",
  "logout",
  "seal",
  "export",
  "stamp",
  "deposit",
  "distrust",
  "verify",
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
      .describe(
        "What else was acted on, as its path here: `keys/AbC12345`, `queues/store`, `bandwidth`",
      ),
    at: z.iso.datetime(),
    who: z.string(),
    what: z.enum(auditActions),
    why: z.string().nullable(),
    folder_id: z.string().nullable().describe("The folder that the action was limited to"),
    file_id: z.string().nullable().describe("The one file that the action was limited to"),
    code: z.string().nullable().describe("The error code that the action was limited to"),
    files: z
      .int()
      .nonnegative()
      .nullable()
      .describe("How many files were retried, waived, or shown in a bag; null for all"),
    details: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe(
        "Further facts, such as `allow_empty` of a retry, `from` and `to` of an accept, `limit` of the bandwidth, `by` and `from` of a login, or `action`, `queue` and `job` of a press in Bull Board",
      ),
  })
  .meta({ id: "AuditEvent" });
export type AuditEvent = z.output<typeof auditEvent>;

export const auditPage = pageOf(auditEvent).meta({ id: "AuditPage" });

/** The query of an audit list of one thing. */
export const auditQuery = pageQuery.extend({
  order: z
    .enum(["asc", "desc"])
    .default("asc")
    .describe("By time: the oldest first (`asc`) or the newest"),
});

/** The query of the audit list of everything; what is given has to match. */
export const wholeAuditQuery = auditQuery.extend({
  who: plainText(500)
    .optional()
    .describe(
      "Who did it, as the events name them; `key:portal` also finds what it did for others",
    ),
  what: among(auditActions)
    .optional()
    .describe(`One of these, separated by commas: ${auditActions.join(", ")}`),
  import_id: z.uuid().optional(),
  vendor: plainText(200).optional(),
  subject: plainText(500)
    .optional()
    .describe("What else was acted on, or what lies below it: `keys`, `keys/AbC12345`, `queues`"),
  from: moment.optional().describe("The first moment"),
  to: moment.optional().describe("The moment before which it ends"),
});

/**
 * The lists of evidence, by the ends of their paths, whose reading is on record: they tell of single
 * files or folders. `sources` are folders that could be imported, `dry-runs` what such folders hold, `logs` those of a job in Bull Board.
 */
export const evidenceLists = [
  "files",
  "files.ndjson",
  "files.csv",
  "folders",
  "incidents",
  "seal",
  "proof",
  "findings",
  "sources",
  "dry-runs",
  "logs",
] as const;
export type EvidenceList = (typeof evidenceLists)[number];

/** That somebody read a list of evidence: the first time in an hour. */
export const evidenceRead = z
  .object({
    read_id: z.string(),
    at: z.iso.datetime().describe("The first time in the hour"),
    who: z.string(),
    what: z.string().describe("Which list, by the end of its path: `files`, `files.csv`"),
    subject: z
      .string()
      .describe("Of what, as its path here: `imports/0f8fad5b-…`, `cases/E-77`, `suits/1001`"),
  })
  .meta({ id: "EvidenceRead" });
export type EvidenceRead = z.output<typeof evidenceRead>;

export const evidenceReadPage = pageOf(evidenceRead).meta({ id: "EvidenceReadPage" });

/** The query of the list of reads; what is given has to match. */
export const evidenceReadQuery = auditQuery.extend({
  who: wholeAuditQuery.shape.who,
  what: among(evidenceLists)
    .optional()
    .describe(`One of these, separated by commas: ${evidenceLists.join(", ")}`),
  import_id: wholeAuditQuery.shape.import_id,
  subject: plainText(500)
    .optional()
    .describe("Of what, or of what lies below it: `cases/E-77`, `suits`, `queues/store`"),
  from: wholeAuditQuery.shape.from,
  to: wholeAuditQuery.shape.to,
});
