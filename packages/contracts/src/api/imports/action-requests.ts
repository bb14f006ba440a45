import { z } from "zod";
import { atMost } from "../../at-most.ts";
import { errorCode } from "../../errors/error-code.ts";
import { plainWord } from "../../text/plain-text.ts";
import { examples } from "../examples.ts";

const why = plainWord(2000).describe("For the record");
const id = z.string().regex(/^\d{1,15}$/, "it has to be an id that a list gave");

/**
 * Which failed files an action is about: those that match everything that is named. With nothing
 * named, every failed file.
 */
export interface Selection {
  folder_id?: string | undefined;
  code?: string | undefined;
  file_ids?: string[] | undefined;
}

export const cancelRequest = z
  .strictObject({ why: why.optional() })
  .meta({ id: "CancelRequest", examples: [examples.why] });
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
  .meta({ id: "RetryRequest", examples: [examples.retryRequest] });
export type RetryRequest = z.output<typeof retryRequest>;

/** The body of `pause` and `resume`, of imports and of vendors. */
export const pauseRequest = z
  .strictObject({ why: why.optional() })
  .meta({ id: "PauseRequest", examples: [examples.why] });
export type PauseRequest = z.output<typeof pauseRequest>;

/** How many files one request may name; more are waived by their code or folder. */
const MOST_FILES = 10_000;

export const waiveRequest = z
  .strictObject({
    file_ids: atMost(MOST_FILES, z.array(id).min(1).max(MOST_FILES))
      .optional()
      .describe("Only these files"),
    code: errorCode.optional().describe("Only what failed with this code"),
    folder_id: id.optional().describe("Only what failed in this folder"),
    why,
  })
  .meta({ id: "WaiveRequest", examples: [examples.waiveRequest] });
export type WaiveRequest = z.output<typeof waiveRequest>;

export const acceptDestinationRequest = z
  .strictObject({
    endpoint: z.string().describe("As the folder's `offered` shows it"),
    bucket: z.string(),
    prefix: z.string(),
    why,
  })
  .meta({ id: "AcceptDestinationRequest", examples: [examples.acceptDestinationRequest] });
export type AcceptDestinationRequest = z.output<typeof acceptDestinationRequest>;
