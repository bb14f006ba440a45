import { z } from "zod";

/** A person has paused something. */
export const pause = z
  .object({ at: z.iso.datetime(), who: z.string(), why: z.string().nullable() })
  .meta({ id: "Pause" });
export type Pause = z.output<typeof pause>;
