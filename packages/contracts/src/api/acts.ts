import { z } from "zod";
import { errorCode } from "../errors/error-code.ts";
import { plainWord } from "../text/plain-text.ts";
import { pageOf } from "./pages.ts";

/** What people do to imports, and (`pause`, `resume`, `accept`) to vendors. Each is on the record, with who did it, when and why. */
export const actKinds = [
  "create",
  "retry",
  "cancel",
  "waive",
  "pause",
  "resume",
  "accept",
] as const;
export type ActKind = (typeof actKinds)[number];

/** Who is named on the record when nobody says who they are. */
export const UNNAMED_ACTOR = "api";

const why = plainWord(2000).describe("For the record");
const id = z.string().regex(/^\d{1,15}$/, "it has to be an id that a list gave");

/** Which failed files an act is about: those that are all of what is named; with nothing named, every one. */
export interface Selection {
  folder_id?: string | undefined;
  code?: string | undefined;
  file_ids?: string[] | undefined;
}

export const cancelRequest = z.strictObject({ why: why.optional() }).meta({ id: "CancelRequest" });
export type CancelRequest = z.output<typeof cancelRequest>;

export const retryRequest = z
  .strictObject({
    folder_id: id.optional().describe("Only what failed in this folder"),
    code: errorCode.optional().describe("Only what failed with this code"),
    file_id: id.optional().describe("Only this file"),
    allow_empty: z
      .literal(true)
      .optional()
      .describe("Take it that sources that failed with SOURCE_EMPTY are meant to be empty"),
    why: why.optional(),
  })
  .meta({ id: "RetryRequest" });
export type RetryRequest = z.output<typeof retryRequest>;

/** The body of `pause` and `resume`, of imports and of vendors. */
export const pauseRequest = z.strictObject({ why: why.optional() }).meta({ id: "PauseRequest" });
export type PauseRequest = z.output<typeof pauseRequest>;

export const waiveRequest = z
  .strictObject({
    file_ids: z.array(id).min(1).max(10_000).optional().describe("Only these files"),
    code: errorCode.optional().describe("Only what failed with this code"),
    folder_id: id.optional().describe("Only what failed in this folder"),
    why,
  })
  .meta({ id: "WaiveRequest" });
export type WaiveRequest = z.output<typeof waiveRequest>;

export const acceptDestinationRequest = z
  .strictObject({
    endpoint: z.string().describe("As the folder's `offered` shows it"),
    bucket: z.string(),
    prefix: z.string(),
    why,
  })
  .meta({ id: "AcceptDestinationRequest" });
export type AcceptDestinationRequest = z.output<typeof acceptDestinationRequest>;

export const actView = z
  .object({
    act_id: z.string(),
    import_id: z.uuid().nullable().describe("Null for an act on a vendor"),
    vendor: z.string().nullable().describe("Null for an act on an import"),
    at: z.iso.datetime(),
    who: z.string(),
    what: z.enum(actKinds),
    why: z.string().nullable(),
    folder_id: z.string().nullable().describe("The folder it was narrowed to"),
    file_id: z.string().nullable().describe("The one file it was narrowed to"),
    code: z.string().nullable().describe("The error code it was narrowed to"),
    files: z.int().nonnegative().nullable().describe("Files that were taken up again, or given up"),
    details: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe(
        "What else it was about, such as `allow_empty` of a retry, or `from` and `to` of an accept",
      ),
  })
  .meta({ id: "Act" });
export type ActView = z.output<typeof actView>;

export const actPage = pageOf(actView).meta({ id: "ActPage" });
