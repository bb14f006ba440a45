import {
  type BucketRetention,
  ExhibitError,
  type OpenUpload,
  toExhibitError,
} from "@exhibit/contracts";
import type { Bucket, Lease } from "@exhibit/credentials";
import { askBucketRetention } from "./api/bucket-retention.ts";
import { createClockOffsets } from "./api/clock-offsets.ts";
import { createMultipartCalls } from "./api/multipart-calls.ts";
import { createObjectCalls } from "./api/object-calls.ts";
import { putRetention, type Retained } from "./api/retention-calls.ts";
import { createSender } from "./api/sender.ts";
import { isDecision, isUploadGone } from "./api/store-error.ts";
import { planParts } from "./body/part-plan.ts";
import { type AdmissionOptions, createAdmission } from "./flow/admission.ts";
import { observedSender } from "./flow/observed-sender.ts";
import { createRetry, type RetryOptions } from "./flow/retry.ts";
import { type ConnectionPoolOptions, createConnectionPool } from "./http/connection-pool.ts";
import { keyOf } from "./lease/object-key.ts";
import { isSameBucket } from "./lease/same-bucket.ts";
import type { ByteDigester } from "./object-reading.ts";
import type {
  AbortRequest,
  ObjectStore,
  PutRequest,
  ReachabilityRequest,
  Receipt,
  RetentionRequest,
} from "./object-store.ts";
import { createHeadObject } from "./proof/head-object.ts";
import { createHeadFirst } from "./put/head-first.ts";
import { type MultipartOptions, putMultipart } from "./put/put-multipart.ts";
import { putSingle } from "./put/put-single.ts";
import { putToUrl } from "./put/put-url.ts";
import { createRetention } from "./put/retention.ts";
import { createVersioning } from "./put/versioning.ts";
import { createBucketRetentions } from "./read/bucket-retentions.ts";
import { createReading } from "./read/create-reading.ts";
import type { LeftUpload, UploadRecord } from "./upload-record.ts";

const MiB = 1024 * 1024;
/** Milliseconds that `isReachable` waits. */
const MAX_WAIT = 10_000;

export interface ObjectStoreOptions
  extends Partial<RetryOptions & MultipartOptions & ConnectionPoolOptions & AdmissionOptions> {
  /** Bytes. Larger files go in parts. A file of one PUT is held in memory while it is sent. */
  singlePutLimit?: number;
  /** Returns milliseconds since the epoch. */
  now?: () => number;
}

export const defaults = {
  singlePutLimit: 6 * MiB,
  partSize: 6 * MiB,
  parallel: 4,
  attempts: 5,
  baseDelay: 200,
  maxDelay: 20_000,
  // OSS checks the token when a request begins; if it refuses one, the lease is renewed.
  minimumRemaining: 3_000,
  ceiling: 256,
  maxSockets: 256,
  idleTimeout: 60_000,
  abortTimeout: 5_000,
  now: Date.now,
} satisfies ObjectStoreOptions;

/** Creates the `ObjectStore` over Alibaba Cloud OSS. What isn't given is taken from `defaults`. */
export function createObjectStore(given: ObjectStoreOptions = {}): ObjectStore {
  const options = { ...defaults, ...given };
  const pool = createConnectionPool(options);
  const clocks = createClockOffsets(options.now);
  const sender = createSender(pool, clocks);
  const admission = createAdmission(options);
  const calls = createObjectCalls(observedSender(sender, admission), options.now);
  const multipartCalls = createMultipartCalls(sender, clocks, options.now);
  const versioning = createVersioning();
  const retained = createRetention(() => performance.now());
  const bucketRetentions = createBucketRetentions(() => performance.now());

  const reading = createReading(sender, options);

  async function put(request: PutRequest): Promise<Receipt> {
    const { leases, name, body, signal, onBytes, onIncident, uploads, identical } = request;
    const first = await leases.current({ minimumRemaining: options.minimumRemaining });
    const key = keyOf(first, name);
    const retry = createRetry(leases, { key, first, onFault: request.onFault }, options);
    const headObject = createHeadObject(calls, retry, key, signal);
    const { bucket } = first;
    const { headFirst = createHeadFirst(false) } = request;
    const job = {
      key,
      bucket,
      body,
      modifiedAt: request.modifiedAt,
      signal,
      onBytes,
      onIncident,
      uploads,
      retry,
      limiter: admission.of(first).limiter,
      headObject,
      headFirst,
      proving: {
        rules: identical,
        read: (of: { versionId: string | undefined; digester: ByteDigester }) =>
          reading.read({ ...of, leases, bucket, key, signal }),
      },
      calls,
      multipartCalls,
      versioning,
    };
    const left = uploads?.left && (await leftToContinue(uploads, key, first));
    const isSmall = left === undefined && body.size <= options.singlePutLimit;
    const receipt = await (first.object?.uploadUrl !== undefined
      ? putToUrl(job)
      : isSmall
        ? putSingle(job)
        : putMultipart(job, options, left));
    const { retention: period } = request;
    if (period === undefined) return receipt;
    const retain = (of: Retained) =>
      retry((lease) => putRetention(sender, { lease, key, signal }, of), signal);
    return await retained({ receipt, period, lease: first, retain, onIncident });
  }

  async function abort({ leases, upload, signal }: AbortRequest): Promise<void> {
    const first = await leases.current({ minimumRemaining: options.minimumRemaining });
    const { key, uploadId } = upload;
    const isSigned = first.object?.uploadUrl === undefined;
    if (!isSigned || !isUploadTo(upload, key, first.bucket)) throw elsewhere(upload, first);
    const retry = createRetry(leases, { key, first }, options);
    await retry((lease) => multipartCalls.abort({ lease, key, signal }, uploadId), signal).catch(
      (error: unknown) => {
        if (!isUploadGone(error)) throw error;
      },
    );
  }

  async function isReachable({ leases, name, signal }: ReachabilityRequest): Promise<boolean> {
    try {
      const lease = await leases.current({ minimumRemaining: options.minimumRemaining });
      const within = AbortSignal.any([signal, AbortSignal.timeout(MAX_WAIT)]);
      await calls.head({ lease, key: keyOf(lease, name), signal: within });
      return true;
    } catch (thrown) {
      return isDecision(thrown);
    }
  }

  async function bucketRetention({ leases }: RetentionRequest): Promise<BucketRetention> {
    const first = await leases.current({ minimumRemaining: options.minimumRemaining });
    // A signed URL opens its one object and nothing else.
    if (first.object?.uploadUrl !== undefined) return "unknown";
    return await bucketRetentions(first, (signal) => {
      const target = { key: first.object?.key ?? first.prefix, first };
      const retry = createRetry(leases, target, { ...options, attempts: 2 });
      return retry((lease) => askBucketRetention(sender, { lease, signal }), signal);
    });
  }

  return {
    reading,
    admit: (target, work, signal) => admission.of(target).files.run(work, signal),
    put: (request) =>
      put(request).catch((thrown: unknown) => {
        throw toExhibitError(thrown);
      }),
    abort: (request) =>
      abort(request).catch((thrown: unknown) => {
        throw toExhibitError(thrown);
      }),
    isReachable,
    bucketRetention: (request) => bucketRetention(request).catch(() => "unknown"),
    memoryFor(size, wanted = options.partSize) {
      if (size <= options.singlePutLimit) return size;
      const { partSize, parallel } = planParts(size, { ...options, partSize: wanted });
      return partSize * parallel;
    },
    pace: (rate) => pool.pace(rate),
    windows: () => admission.windows(),
    close: () => pool.close(),
  };
}

/**
 * Returns the upload that is left, if the lease still leads to the same object; else discards it.
 */
async function leftToContinue(
  uploads: UploadRecord,
  key: string,
  { bucket, object }: Lease,
): Promise<LeftUpload | undefined> {
  const { left } = uploads;
  if (left === undefined || (object?.uploadUrl === undefined && isUploadTo(left, key, bucket))) {
    return left;
  }
  await uploads.discard();
  return undefined;
}

function isUploadTo(
  upload: Pick<OpenUpload, "endpoint" | "bucket" | "key">,
  key: string,
  bucket: Bucket,
): boolean {
  const { endpoint, bucket: name } = upload;
  return upload.key === key && isSameBucket({ endpoint, name }, bucket);
}

function elsewhere({ key, bucket }: AbortRequest["upload"], { id }: Lease): ExhibitError {
  return new ExhibitError(
    "KEY_OUTSIDE_LEASE",
    `Lease ${id} doesn't open bucket ${bucket}, where a multipart upload of ${JSON.stringify(key)} is open.`,
    { details: { key, lease_id: id } },
  );
}
