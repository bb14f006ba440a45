import { ExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import type { ObjectCalls, StoredObject } from "../api/object-calls.ts";
import type { Retry } from "../flow/retry.ts";
import { hiddenObject } from "./conflict.ts";

/** An object, and the lease that it was found with. */
export interface Found {
  object: StoredObject;
  lease: Lease;
}

/** Looks for an object at a key; returns undefined when there is none. */
export type HeadObject = () => Promise<Found | undefined>;

export function createHeadObject(
  calls: ObjectCalls,
  retry: Retry,
  key: string,
  signal: AbortSignal | undefined,
): HeadObject {
  return () =>
    retry(async (lease) => {
      const object = await calls.head({ lease, key, signal });
      return object && { object, lease };
    }, signal);
}

/**
 * Returns undefined also when the lease may not look. The vendors' policies often leave
 * oss:GetObject out; then one has to go on without knowing.
 */
export async function headIfAllowed(headObject: HeadObject): Promise<Found | undefined> {
  try {
    return await headObject();
  } catch (error) {
    if (error instanceof ExhibitError && error.code === "STORE_DENIED") return undefined;
    throw error;
  }
}

/** Looks at an object that OSS says is there. Throws STORE_DENIED when it isn't shown. */
export async function headOrDeny(headObject: HeadObject, key: string): Promise<Found> {
  let cause: unknown;
  try {
    const found = await headObject();
    if (found !== undefined) return found;
  } catch (error) {
    if (!(error instanceof ExhibitError) || error.code !== "STORE_DENIED") throw error;
    cause = error;
  }
  throw hiddenObject(key, cause);
}
