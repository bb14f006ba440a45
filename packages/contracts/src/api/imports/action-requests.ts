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

/** How many files one request may name; more are named by their code or folder. */
const MAX_FILES = 10_000;

const selection = {
  folder_id: id.optional().describe("Only what failed in this folder"),
  code: errorCode.optional().describe("Only what failed with this code"),
  file_ids: atMost(MAX_FILES, z.array(id).min(1).max(MAX_FILES))
    .optional()
    .describe("Only these files: all of them, or none if one of them can't be"),
};

const expectFiles = z
  .int()
  .nonnegative()
  .optional()
  .describe(
    "How many files it has to be about. If it is another number by now, nothing is done and the answer is STATE_CONFLICT with `details.files`, the number that it is",
  );

export const retryRequest = z
  .strictObject({
    ...selection,
    file_id: id.optional().describe("Only this file"),
    expect_files: expectFiles,
    allow_empty: z
      .literal(true)
      .optional()
      .describe("Take it that sources that failed with SOURCE_EMPTY are meant to be empty"),
    why: why.optional(),
  })
  .refine(({ file_id, file_ids }) => file_id === undefined || file_ids === undefined, {
    error: "name one file by file_id, or several by file_ids",
  })
  .meta({ id: "RetryRequest", examples: [examples.retryRequest] });
export type RetryRequest = z.output<typeof retryRequest>;

/** The body of `pause` and `resume`, of imports and of vendors. */
export const pauseRequest = z
  .strictObject({ why: why.optional() })
  .meta({ id: "PauseRequest", examples: [examples.why] });
export type PauseRequest = z.output<typeof pauseRequest>;

export const waiveRequest = z
  .strictObject({ ...selection, expect_files: expectFiles, why })
  .meta({ id: "WaiveRequest", examples: [examples.waiveRequest] });
export type WaiveRequest = z.output<typeof waiveRequest>;

/** How many imports one request may act on. */
const MAX_IMPORTS = 100;

const eachImport = z.strictObject({
  import_id: z.string().max(100),
  ...selection,
  expect_files: expectFiles,
});
const imports = atMost(MAX_IMPORTS, z.array(eachImport).min(1).max(MAX_IMPORTS));

export const retryFailuresRequest = z
  .strictObject({ imports, why: why.optional() })
  .meta({ id: "RetryFailuresRequest", examples: [examples.retryFailuresRequest] });
export type RetryFailuresRequest = z.output<typeof retryFailuresRequest>;

export const waiveFailuresRequest = z
  .strictObject({ imports, why })
  .meta({ id: "WaiveFailuresRequest", examples: [examples.waiveFailuresRequest] });
export type WaiveFailuresRequest = z.output<typeof waiveFailuresRequest>;

export const acceptDestinationRequest = z
  .strictObject({
    endpoint: z.string().describe("As the folder's `offered` shows it"),
    bucket: z.string(),
    prefix: z.string(),
    why,
  })
  .meta({ id: "AcceptDestinationRequest", examples: [examples.acceptDestinationRequest] });
export type AcceptDestinationRequest = z.output<typeof acceptDestinationRequest>;
