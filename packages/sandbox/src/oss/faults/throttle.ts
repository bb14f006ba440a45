import { z } from "zod";
import { OssError } from "../protocol/oss-error.ts";

/** The rate above which OSS asks for less (PROTOCOLS, section 5.5). */
export const ossLimits = z.strictObject({
  /** Requests under way at once. */
  concurrent: z.int().positive().optional(),
  perSecond: z.int().positive().optional(),
});
export type OssLimits = z.output<typeof ossLimits>;

/** Creates a counter of requests that refuses those beyond the limits. */
export function createThrottle() {
  let limits: OssLimits = {};
  let underWay = 0;
  let second = 0;
  let inSecond = 0;

  return {
    limit(given: OssLimits): void {
      limits = ossLimits.parse(given);
    },
    /** Counts a request as under way until the returned function is called. */
    enter(): () => void {
      underWay += 1;
      return () => {
        underWay -= 1;
      };
    },
    /** Throws an `OssError` for a request beyond a limit. */
    check(): void {
      const now = Math.floor(performance.now() / 1000);
      if (now !== second) inSecond = 0;
      second = now;
      inSecond += 1;
      if (underWay > (limits.concurrent ?? Number.POSITIVE_INFINITY)) {
        throw new OssError("SlowDown", 503, "Please reduce your request rate.", "0000-00000000");
      }
      if (inSecond > (limits.perSecond ?? Number.POSITIVE_INFINITY)) {
        throw new OssError(
          "TotalQpsLimitExceeded",
          503,
          "The QPS of your account exceeds the limit.",
          "0004-00000302",
        );
      }
    },
  };
}
