import { z } from "zod";
import { OssError } from "./oss-error.ts";

/** What OSS takes before it asks for less (PROTOCOLS.md 5.5). */
export const ossLimits = z.strictObject({
  /** Requests under way. */
  concurrent: z.int().positive().optional(),
  perSecond: z.int().positive().optional(),
});
export type OssLimits = z.output<typeof ossLimits>;

/** Counts requests, and refuses those beyond the limits. */
export function createThrottle() {
  let limits: OssLimits = {};
  let underWay = 0;
  let second = 0;
  let inSecond = 0;

  return {
    limit(given: OssLimits): void {
      limits = ossLimits.parse(given);
    },
    /** For every request; the function it gives ends it. */
    enter(): () => void {
      underWay += 1;
      return () => {
        underWay -= 1;
      };
    },
    /** Throws the `OssError` that a request beyond a limit is answered with. */
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
