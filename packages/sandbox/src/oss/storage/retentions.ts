import { ossError } from "../protocol/oss-error.ts";

/**
 * Which buckets have ObjectWorm, and until when their objects are kept (PROTOCOLS, section 5.6). Held in
 * memory: a sandbox that starts anew has forgotten it.
 */
export interface Retentions {
  /** Gives a bucket ObjectWorm, which nothing takes away. */
  enable(bucket: string): void;
  /**
   * Keeps an object. Throws `InvalidRequest` without ObjectWorm, and `AccessDenied` for less than it is
   * kept already.
   *
   * @param until milliseconds since the epoch
   */
  keep(bucket: string, key: string, until: number): void;
  /** Returns milliseconds since the epoch; undefined for an object that isn't kept. */
  keptUntil(bucket: string, key: string): number | undefined;
  /** Throws `FileImmutable` for an object that is kept. */
  checkFree(bucket: string, key: string): void;
}

export function createRetentions(now: () => number): Retentions {
  const buckets = new Set<string>();
  const kept = new Map<string, number>();
  const nameOf = (bucket: string, key: string) => `${bucket}/${key}`;
  const keptUntil = (bucket: string, key: string) => kept.get(nameOf(bucket, key));
  return {
    enable: (bucket) => void buckets.add(bucket),
    keep(bucket, key, until) {
      if (!buckets.has(bucket)) throw ossError("InvalidRequest", "ObjectWorm isn't enabled.");
      if (until < (keptUntil(bucket, key) ?? 0))
        throw ossError("AccessDenied", "A retention can't be shortened.");
      kept.set(nameOf(bucket, key), until);
    },
    keptUntil,
    checkFree(bucket, key) {
      if (now() < (keptUntil(bucket, key) ?? 0)) throw ossError("FileImmutable");
    },
  };
}
