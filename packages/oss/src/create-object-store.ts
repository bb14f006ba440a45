import { ExhibitError, toExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import { createClock } from "./api/clock-offsets.ts";
import { createControl } from "./api/multipart-calls.ts";
import { createObjectCalls } from "./api/object-calls.ts";
import { createSender } from "./api/sender.ts";
import { isAnswer } from "./api/store-error.ts";
import { planParts } from "./body/part-reader.ts";
import { createGates, type GatesOptions, teachingSender } from "./flow/admission.ts";
import { createAttempt, type RetryOptions } from "./flow/retry.ts";
import { createTransport, type TransportOptions } from "./http/connection-pool.ts";
import { keyOf } from "./lease/object-key.ts";
import type {
  AbortRequest,
  AnswersRequest,
  ObjectStore,
  PutRequest,
  Receipt,
} from "./object-store.ts";
import { createLook } from "./put/existing-object.ts";
import { createExpectation } from "./put/head-first.ts";
import { type MultipartOptions, putMultipart } from "./put/put-multipart.ts";
import { putSingle } from "./put/put-single.ts";
import { putToUrl } from "./put/put-url.ts";
import { createVersioning } from "./put/versioning.ts";
import { isGone, isOf, type LeftUpload, type UploadRecord } from "./upload-record.ts";

const MiB = 1024 * 1024;
/** Milliseconds. */
const LONGEST_LOOK = 10_000;

export interface ObjectStoreOptions
  extends Partial<RetryOptions & MultipartOptions & TransportOptions & GatesOptions> {
  /** Bytes; larger files go in parts. A file of one PUT is held in memory while it is sent. */
  singlePutLimit?: number;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

export const defaults = {
  singlePutLimit: 6 * MiB,
  partSize: 6 * MiB,
  parallel: 4,
  attempts: 5,
  baseDelay: 200,
  maxDelay: 20_000,
  // OSS looks at the token when a request begins; what ends on the way is renewed and sent again.
  minimumRemaining: 3_000,
  ceiling: 256,
  maxSockets: 256,
  idleTimeout: 60_000,
  abortTimeout: 5_000,
  now: Date.now,
} satisfies ObjectStoreOptions;

/** The port of `object-store.ts` to Alibaba Cloud OSS. The defaults are `defaults` above. */
export function createObjectStore(given: ObjectStoreOptions = {}): ObjectStore {
  const options = { ...defaults, ...given };
  const transport = createTransport(options);
  const clock = createClock(options.now);
  const sender = createSender(transport, clock);
  const gates = createGates(options);
  const calls = createObjectCalls(teachingSender(sender, gates), options.now);
  const control = createControl(sender, clock, options.now);
  const versioning = createVersioning();

  async function put(request: PutRequest): Promise<Receipt> {
    const { leases, name, body, signal, onBytes, onIncident, uploads } = request;
    const first = await leases.current({ minimumRemaining: options.minimumRemaining });
    const key = keyOf(first, name);
    const attempt = createAttempt(leases, { key, first, onFault: request.onFault }, options);
    const look = createLook(calls, attempt, key, signal);
    const { bucket } = first;
    const { expectation = createExpectation(false) } = request;
    const job = {
      key,
      bucket,
      body,
      modifiedAt: request.modifiedAt,
      signal,
      onBytes,
      onIncident,
      uploads,
      attempt,
      through: gates.of(first).through,
      look,
      expectation,
      calls,
      control,
      versioning,
    };
    const left = uploads?.left && (await leftToGoOn(uploads, key, first));
    if (first.object?.uploadUrl !== undefined) return await putToUrl(job);
    if (left === undefined && body.size <= options.singlePutLimit) return await putSingle(job);
    return await putMultipart(job, options, left);
  }

  async function abort({ leases, upload, signal }: AbortRequest): Promise<void> {
    const first = await leases.current({ minimumRemaining: options.minimumRemaining });
    const { key, uploadId } = upload;
    const isSigned = first.object?.uploadUrl === undefined;
    if (!isSigned || !isOf(upload, key, first.bucket)) throw elsewhere(upload, first);
    const attempt = createAttempt(leases, { key, first }, options);
    await attempt((lease) => control.abort({ lease, key, signal }, uploadId), signal).catch(
      (error: unknown) => {
        if (!isGone(error)) throw error;
      },
    );
  }

  async function answers({ leases, name, signal }: AnswersRequest): Promise<boolean> {
    try {
      const lease = await leases.current({ minimumRemaining: options.minimumRemaining });
      const within = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_LOOK)]);
      await calls.head({ lease, key: keyOf(lease, name), signal: within });
      return true;
    } catch (thrown) {
      return isAnswer(thrown);
    }
  }

  return {
    admit: (place, work, signal) => gates.of(place).file.pass(work, signal),
    put: (request) =>
      put(request).catch((thrown: unknown) => {
        throw toExhibitError(thrown);
      }),
    abort: (request) =>
      abort(request).catch((thrown: unknown) => {
        throw toExhibitError(thrown);
      }),
    answers,
    memoryFor(size, wanted = options.partSize) {
      if (size <= options.singlePutLimit) return size;
      const { partSize, parallel } = planParts(size, { ...options, partSize: wanted });
      return partSize * parallel;
    },
    pace: (rate) => transport.pace(rate),
    windows: () => gates.list(),
    close: () => transport.close(),
  };
}

/** The upload that is left, if the lease still leads to the same object; else it is given up. */
async function leftToGoOn(
  uploads: UploadRecord,
  key: string,
  { bucket, object }: Lease,
): Promise<LeftUpload | undefined> {
  const { left } = uploads;
  if (left === undefined || (object?.uploadUrl === undefined && isOf(left, key, bucket))) {
    return left;
  }
  await uploads.giveUp();
  return undefined;
}

function elsewhere({ key, bucket }: AbortRequest["upload"], { id }: Lease): ExhibitError {
  return new ExhibitError(
    "KEY_OUTSIDE_LEASE",
    `Lease ${id} doesn't open bucket ${bucket}, where a multipart upload of ${JSON.stringify(key)} is open.`,
    { details: { key, lease_id: id } },
  );
}
