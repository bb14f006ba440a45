import { z } from "zod";

/** How fast files are proved. */
export const rate = z.object({
  files_per_second: z.number().nonnegative().describe("Files that were done with"),
  bytes_per_second: z
    .int()
    .nonnegative()
    .describe("Bytes that were proved or, of files in transit, sent"),
});
export type Rate = z.output<typeof rate>;

/** Returns a rate as people see it: what was taken back may be more than what came. */
export function perSecond(files: number, bytes: number): Rate {
  return {
    files_per_second: Math.max(0, Math.round(files * 10) / 10),
    bytes_per_second: Math.max(0, Math.round(bytes)),
  };
}

const ratePoint = z.object({
  at: z.iso.datetime().describe("When its time begins"),
  ...rate.shape,
});
export type RatePoint = z.output<typeof ratePoint>;

/** A short history of rates. */
export const rateHistory = z
  .object({
    step_seconds: z.int().positive().describe("How many seconds a point is about"),
    points: z
      .array(ratePoint)
      .describe("One for each step that is over and reported by all workers, the oldest first"),
  })
  .meta({ id: "RateHistory" });
export type RateHistory = z.output<typeof rateHistory>;

export const rateQuery = z.object({
  last: z
    .enum(["10m", "1d"])
    .optional()
    .describe("Ten minutes in steps of 5 seconds, or a day in steps of 5 minutes. Default: `10m`"),
});
export type RateQuery = z.output<typeof rateQuery>;
