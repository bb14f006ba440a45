import { toExhibitError } from "@exhibit/contracts";
import { createAttempt, type RetryOptions } from "./attempts.ts";
import { createClock } from "./clock.ts";
import { createControl } from "./control.ts";
import { createDigesterPool } from "./digests.ts";
import { createLook } from "./existing.ts";
import { createGates, type GatesOptions, teachingSender } from "./gate.ts";
import { keyOf } from "./guard.ts";
import { createObjectCalls } from "./object-calls.ts";
import type { ObjectStore, PutRequest, Receipt } from "./object-store.ts";
import { planParts } from "./part-reader.ts";
import { type MultipartOptions, putMultipart } from "./put-multipart.ts";
import { putSingle } from "./put-single.ts";
import { putToUrl } from "./put-url.ts";
import { createSender } from "./send.ts";
import { createTransport, type TransportOptions } from "./transport.ts";
import { createVersioning } from "./versioning.ts";

const MiB = 1024 * 1024;

export interface ObjectStoreOptions
  extends Partial<RetryOptions & MultipartOptions & TransportOptions & GatesOptions> {
  /** Bytes; larger files go in parts. A file of one PUT is held in memory while it is sent. */
  singlePutLimit?: number;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

const defaults = {
  singlePutLimit: 8 * MiB,
  partSize: 8 * MiB,
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
  const digesters = createDigesterPool();
  const versioning = createVersioning();

  async function put({ leases, name, body, signal, onBytes }: PutRequest): Promise<Receipt> {
    const first = await leases.current({ minimumRemaining: options.minimumRemaining });
    const key = keyOf(first, name);
    const attempt = createAttempt(leases, { key, first }, options);
    const look = createLook(calls, attempt, key, signal);
    const tools = { calls, control, digesters, versioning };
    const gate = gates.of(first.bucket);
    const through = gate.request.pass;
    const job = { key, body, signal, onBytes, attempt, through, look, ...tools };
    return gate.file.pass(() => {
      if (first.object?.uploadUrl !== undefined) return putToUrl(job);
      return body.size <= options.singlePutLimit ? putSingle(job) : putMultipart(job, options);
    }, signal);
  }

  return {
    put: (request) =>
      put(request).catch((thrown: unknown) => {
        throw toExhibitError(thrown);
      }),
    memoryFor(size) {
      if (size <= options.singlePutLimit) return size;
      const { partSize, parallel } = planParts(size, options);
      return partSize * parallel;
    },
    pace: (rate) => transport.pace(rate),
    windows: () => gates.list(),
    close: () => transport.close(),
  };
}
