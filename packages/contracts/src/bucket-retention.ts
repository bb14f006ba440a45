import type { Period } from "./period.ts";

type PeriodText = `${number} ${Period["unit"]}`;

/**
 * What a bucket itself keeps, as OSS said it: sealed as it stands here.
 *
 * - `locked 3650 days`: each object for so long, and nobody can shorten it.
 * - `not yet locked 3650 days`: the same, which lapses unless it is locked within a day.
 * - `each object 365 days`: each object for so long from when it was stored, by ObjectWorm's default
 *   rule; with `, governance`, some people may delete it all the same.
 * - `each object when asked`: ObjectWorm without a rule keeps what it is asked to keep.
 * - `none`: nothing.
 * - `unknown`: OSS didn't say.
 */
export type BucketRetention =
  | `locked ${PeriodText}`
  | `not yet locked ${PeriodText}`
  | `each object ${PeriodText}`
  | `each object ${PeriodText}, governance`
  | "each object when asked"
  | "none"
  | "unknown";
