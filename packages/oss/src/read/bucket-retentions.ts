import { type BucketRetention, ExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";

/** How long, in milliseconds, OSS may take to say what a bucket keeps. */
const ASKED_FOR = 5_000;
/** How long, in milliseconds, an answer holds, a refusal included: a policy may be locked meanwhile. */
const HOLDS_FOR = 10 * 60_000;
/** The same, in milliseconds, where OSS had no answer. */
const SILENT_FOR = 30_000;

interface Answer {
  readonly retention: Promise<BucketRetention>;
  /** Undefined while OSS is asked. */
  until: number | undefined;
}

/**
 * Remembers what buckets keep, so that each is asked once by the leases of a vendor, however many folders
 * go there at the same time. What OSS doesn't say is `unknown`, and never an error: nothing that is stored
 * depends on it.
 *
 * @param now milliseconds of a clock that doesn't jump
 */
export function createBucketRetentions(now: () => number) {
  const answers = new Map<string, Answer>();

  return (
    { vendor, bucket }: Lease,
    ask: (signal: AbortSignal) => Promise<BucketRetention>,
  ): Promise<BucketRetention> => {
    const place = `${vendor} ${bucket.endpoint} ${bucket.name}`;
    const known = answers.get(place);
    if (known && now() < (known.until ?? Number.POSITIVE_INFINITY)) return known.retention;
    const hold = (milliseconds: number) => {
      answer.until = now() + milliseconds;
    };
    const answer: Answer = {
      until: undefined,
      retention: ask(AbortSignal.timeout(ASKED_FOR)).then(
        (retention) => {
          hold(HOLDS_FOR);
          return retention;
        },
        (thrown: unknown) => {
          const isDecided = thrown instanceof ExhibitError && thrown.action === "never";
          hold(isDecided ? HOLDS_FOR : SILENT_FOR);
          return "unknown";
        },
      ),
    };
    answers.set(place, answer);
    return answer.retention;
  };
}
