import { ExhibitError, toExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import { createObjectCalls, isAbsent } from "../api/object-calls.ts";
import type { Sender } from "../api/sender.ts";
import { createAdmission } from "../flow/admission.ts";
import { observedSender } from "../flow/observed-sender.ts";
import { createRetry, type RetryOptions } from "../flow/retry.ts";
import { isSameBucket } from "../lease/same-bucket.ts";
import type { ListRequest, ObjectReading, ObjectRequest, ReadRequest } from "../object-reading.ts";
import { createDownload } from "./get-object.ts";
import { listObjects } from "./list-objects.ts";

/** Most requests in flight to one bucket that only read. */
const CEILING = 64;

export interface ReadingOptions extends RetryOptions {
  /** Returns milliseconds since the epoch. */
  now: () => number;
}

export function createReading(plain: Sender, options: ReadingOptions): ObjectReading {
  const admission = createAdmission({ ceiling: CEILING });
  const sender = observedSender(plain, admission);
  const calls = createObjectCalls(sender, options.now);

  /** Runs a request with the lease that is current, and again where that helps. */
  async function run<T>(
    { leases, bucket, signal }: Pick<ObjectRequest, "leases" | "bucket" | "signal">,
    key: string,
    request: (lease: Lease) => Promise<T>,
  ): Promise<T> {
    const first = await leases.current({ minimumRemaining: options.minimumRemaining });
    if (!isSameBucket(first.bucket, bucket)) throw elsewhere(key, first);
    if (first.object?.uploadUrl !== undefined) throw urlOnly(key, first);
    const retry = createRetry(leases, { key, first }, options);
    return await retry(request, signal, admission.of(first).limiter);
  }

  async function read(request: ReadRequest) {
    const { key, signal, digester } = request;
    const download = createDownload(sender, request, options.now);
    try {
      await run(request, key, (lease) => download.run({ lease, key, signal }));
    } catch (error) {
      if (download.facts === undefined && isAbsent(error)) return undefined;
      throw error;
    }
    const { facts, read: size } = download;
    if (facts === undefined)
      throw new ExhibitError("INTERNAL", "An object was read without facts.");
    return { facts, size, ...digester.finish() };
  }

  const list = ({ prefix, after, ...request }: ListRequest) =>
    run(request, prefix, (lease) =>
      listObjects(sender, { lease, key: prefix, signal: request.signal }, after),
    );
  const head = ({ key, versionId, ...request }: ObjectRequest) =>
    run(request, key, (lease) =>
      calls.head({ lease, key, signal: request.signal }, { versionId, isCounted: true }),
    );
  return {
    list: (request) => list(request).catch(asExhibitError),
    head: (request) => head(request).catch(asExhibitError),
    read: (request) => read(request).catch(asExhibitError),
  };
}

function asExhibitError(thrown: unknown): never {
  throw toExhibitError(thrown);
}

function elsewhere(key: string, { id, bucket }: Lease): ExhibitError {
  return new ExhibitError(
    "KEY_OUTSIDE_LEASE",
    `Lease ${id} opens bucket ${bucket.name} at ${bucket.endpoint}, where ${JSON.stringify(key)} isn't said to be.`,
    { details: { key, lease_id: id } },
  );
}

function urlOnly(key: string, { id, vendor }: Lease): ExhibitError {
  return new ExhibitError(
    "STORE_DENIED",
    `Lease ${id} of ${vendor} is a signed URL to write ${JSON.stringify(key)} with; nothing can be read by it.`,
    { details: { key, lease_id: id } },
  );
}
