import { z } from "zod";
import { plainWord } from "../text/plain-text.ts";
import { examples } from "./examples.ts";

const bwlimit = plainWord(2000).describe(
  "In the form of rclone's --bwlimit: `10M` (MiB/s), `512k`, `off`, or a timetable such as `08:00,512k 19:00,10M 23:00,off`; `Mon-08:00,512k` is for Mondays only",
);

export const bandwidthRequest = z
  .strictObject({
    limit: bwlimit,
    why: plainWord(2000).optional().describe("For the record"),
  })
  .meta({ id: "BandwidthRequest", examples: [examples.bandwidthRequest] });
export type BandwidthRequest = z.output<typeof bandwidthRequest>;

const bandwidthChange = z.object({
  limit: z.string(),
  at: z.iso.datetime(),
  who: z.string(),
  why: z.string().nullable(),
});
export type BandwidthChange = z.output<typeof bandwidthChange>;

export const bandwidthView = z
  .object({
    limit: z.string().describe("The limit for all workers together; `off` until somebody sets one"),
    bytes_per_second: z
      .int()
      .nullable()
      .describe("The limit that applies now, by this process's local time; null for none"),
    workers: z
      .int()
      .nonnegative()
      .describe("How many workers are running; they share the limit equally"),
    changes: z
      .array(bandwidthChange)
      .describe("The latest changes, the newest first; none if your scope has limits"),
  })
  .meta({ id: "Bandwidth", examples: [examples.bandwidth] });
export type BandwidthView = z.output<typeof bandwidthView>;
