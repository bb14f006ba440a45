import { ossError } from "../protocol/oss-error.ts";

/** A bucket's own policy (BucketWorm), which keeps all its objects alike. */
interface BucketPolicy {
  /** `Expired`: it wasn't locked within a day, and keeps nothing any more. */
  state: "InProgress" | "Locked" | "Expired";
  days: number;
}

/** How ObjectWorm keeps each new object by itself. */
export type DefaultRetention = { mode: "COMPLIANCE" | "GOVERNANCE" } & (
  | { days: number }
  | { years: number }
);

/**
 * What buckets keep, and until when objects are kept (PROTOCOLS, section 5.6). Held in memory: a sandbox
 * that starts anew has forgotten it.
 */
export interface Retentions {
  /** Gives a bucket ObjectWorm, which nothing takes away; with a rule, for all new objects. */
  enable(bucket: string, rule?: DefaultRetention): void;
  /** Gives a bucket a policy of its own. A bucket has either this or ObjectWorm. */
  keepAll(bucket: string, policy: BucketPolicy): void;
  policyOf(bucket: string): BucketPolicy | undefined;
  /** Returns ObjectWorm's configuration; undefined for a bucket without it. */
  objectWormOf(bucket: string): { rule: DefaultRetention | undefined } | undefined;
  /** Keeps a new object, if there is a rule for that. */
  applyRule(bucket: string, key: string): void;
  /**
   * Keeps an object. Throws `InvalidRequest` without ObjectWorm, and `AccessDenied` for less than it is
   * kept already.
   *
   * @param until milliseconds since the epoch
   */
  keep(bucket: string, key: string, until: number): void;
  /** Returns milliseconds since the epoch; undefined for an object that isn't kept by itself. */
  keptUntil(bucket: string, key: string): number | undefined;
  /**
   * Throws `FileImmutable` for an object that is kept.
   *
   * @param object the object that is there
   */
  checkFree(bucket: string, key: string, object: { modified: number } | undefined): void;
}

const DAY = 86_400_000;

export function createRetentions(now: () => number): Retentions {
  const policies = new Map<string, BucketPolicy>();
  const objectWorms = new Map<string, { rule: DefaultRetention | undefined }>();
  const kept = new Map<string, number>();
  const nameOf = (bucket: string, key: string) => `${bucket}/${key}`;
  const keptUntil = (bucket: string, key: string) => kept.get(nameOf(bucket, key));
  const checkOther = (others: ReadonlyMap<string, unknown>, bucket: string) => {
    if (others.has(bucket)) throw new RangeError(`${bucket} is kept in the other way already.`);
  };
  return {
    enable(bucket, rule) {
      checkOther(policies, bucket);
      objectWorms.set(bucket, { rule });
    },
    keepAll(bucket, policy) {
      checkOther(objectWorms, bucket);
      policies.set(bucket, policy);
    },
    policyOf: (bucket) => policies.get(bucket),
    objectWormOf: (bucket) => objectWorms.get(bucket),
    applyRule(bucket, key) {
      const rule = objectWorms.get(bucket)?.rule;
      if (rule) kept.set(nameOf(bucket, key), endOf(rule, now()));
    },
    keep(bucket, key, until) {
      if (!objectWorms.has(bucket)) throw ossError("InvalidRequest", "ObjectWorm isn't enabled.");
      if (until < (keptUntil(bucket, key) ?? 0))
        throw ossError("AccessDenied", "A retention can't be shortened.");
      kept.set(nameOf(bucket, key), until);
    },
    keptUntil,
    checkFree(bucket, key, object) {
      if (object === undefined) return;
      const { state = "Expired", days = 0 } = policies.get(bucket) ?? {};
      const byBucket = state === "Expired" ? 0 : object.modified + days * DAY;
      if (now() < Math.max(byBucket, keptUntil(bucket, key) ?? 0)) throw ossError("FileImmutable");
    },
  };
}

function endOf(rule: DefaultRetention, from: number): number {
  if ("days" in rule) return from + rule.days * DAY;
  const end = new Date(from);
  return end.setUTCFullYear(end.getUTCFullYear() + rule.years);
}
