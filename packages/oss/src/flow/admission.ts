import { ExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import type { ObjectRequest, Sender } from "../api/sender.ts";
import type { Place } from "../object-store.ts";
import { createWindow, type Window } from "./concurrency-window.ts";
import { createRate, type Rate } from "./prefix-rate.ts";
import { createRoom, type Pass, type Room } from "./semaphore.ts";

/** What all that is sent to one bucket waits at, first come, first served. */
interface BucketGate {
  readonly window: Window;
  /** For one request with bytes: as many are under way as the window holds. */
  readonly request: Room;
  /** Requests with bytes that OSS took. */
  taken: number;
}

/**
 * What is below one prefix of the bucket waits at these, too: OSS's limit of requests a second is a prefix's, and what waits
 * because of it must not keep others' files out.
 */
interface Gate extends Omit<BucketGate, "taken"> {
  readonly inBucket: BucketGate;
  /** For a whole file: few more are begun than requests are under way, however many there are and however wide the window is. */
  readonly file: Room;
  readonly rate: Rate;
  /** For one request with bytes: by the rate of its prefix, then by the window of its bucket. */
  readonly through: Pass;
}

/** How many requests with bytes a bucket gets from this process at once, for now. */
export interface BucketWindow {
  readonly endpoint: string;
  readonly bucket: string;
  readonly size: number;
  readonly underWay: number;
  /** Requests with bytes that the bucket has taken from this process so far. */
  readonly taken: number;
}

export interface GatesOptions {
  /** Requests with bytes under way to one bucket, at most. */
  ceiling: number;
}

/** The gate for all who send below a lease's prefix, made when it is first asked for. */
export interface Gates {
  of(place: Place): Gate;
  list(): BucketWindow[];
}

const FLOOR = 1;
const START = 16;
/** Files that wait in memory for their turn, so that no answer has to wait for a disk. */
const READ_AHEAD = 48;
/** Files that are read one after the other, so that a reader is woken for many of them at once. */
const READ_TOGETHER = 16;
/** Prefixes are looked through for idle ones when there are twice as many as were left the last time. */
const FIRST_LOOK = 64;

export function createGates({ ceiling }: GatesOptions): Gates {
  const buckets = new Map<string, { gate: BucketGate; endpoint: string; bucket: string }>();
  const places = new Map<string, Gate>();
  const limits = { floor: FLOOR, start: Math.min(START, ceiling), ceiling, now: clock };
  let lookAt = FIRST_LOOK;

  function bucketGate({ endpoint, name: bucket }: Lease["bucket"]): BucketGate {
    const id = `${endpoint} ${bucket}`;
    const known = buckets.get(id);
    if (known) return known.gate;
    const window = createWindow(limits);
    const gate = { window, request: createRoom(() => window.size), taken: 0 };
    buckets.set(id, { gate, endpoint, bucket });
    return gate;
  }

  function forgetIdle(): void {
    for (const [id, { file, rate }] of places) {
      if (file.taken === 0 && !file.isFull && rate.isIdle) places.delete(id);
    }
    lookAt = Math.max(FIRST_LOOK, 2 * places.size);
  }

  return {
    of({ bucket, prefix }) {
      const id = `${bucket.endpoint} ${bucket.name} ${prefix}`;
      const known = places.get(id);
      if (known) return known;
      if (places.size >= lookAt) forgetIdle();
      const gate = createGate(bucketGate(bucket));
      places.set(id, gate);
      return gate;
    },
    list: () =>
      [...buckets.values()].map(({ gate, endpoint, bucket }) => {
        const { window, request, taken } = gate;
        return { endpoint, bucket, size: window.size, underWay: request.taken, taken };
      }),
  };
}

function createGate(inBucket: BucketGate): Gate {
  const { window, request } = inBucket;
  const rate = createRate(clock);
  return {
    inBucket,
    window,
    request,
    file: createRoom(() => request.taken + READ_AHEAD, READ_TOGETHER),
    rate,
    through(work, signal) {
      const turn = rate.turn(signal);
      return turn ? turn.then(() => request.pass(work, signal)) : request.pass(work, signal);
    },
  };
}

/** The same sender; what becomes of its requests with bytes is what the window of their bucket learns from. */
export function teachingSender(sender: Sender, gates: Gates): Sender {
  const watch =
    <Request extends ObjectRequest>(send: (request: Request) => ReturnType<Sender["send"]>) =>
    (request: Request) => {
      const { window, rate, request: room, inBucket } = gates.of(request.lease);
      const { body } = request;
      const scarce = room.isFull;
      const startedAt = clock();
      return send(request).then(
        (answer) => {
          if (body) {
            window.answered({ startedAt, bytes: body.length, scarce });
            rate.answered();
            inBucket.taken += 1;
          }
          return answer;
        },
        (error: unknown) => {
          if (asksForFewer(error)) {
            window.throttled(startedAt);
            rate.throttled(startedAt);
          } else if (body && isRefusal(error))
            window.answered({ startedAt, bytes: body.length, scarce });
          throw error;
        },
      );
    };
  return { send: watch(sender.send), sendSigned: watch(sender.sendSigned) };
}

/** OSS says so, or has no time for us: "ServiceUnavailable: thread pool almost full" (PROTOCOLS.md 5.5), or silence. */
function asksForFewer(error: unknown): boolean {
  if (!(error instanceof ExhibitError)) return false;
  const { oss_status, oss_code } = error.details;
  if (error.code === "STORE_THROTTLED" || oss_status === 503) return true;
  return oss_code === "RequestTimeout" || isTimeout(error.cause);
}

function isTimeout(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ETIMEDOUT";
}

/** An answer like another, as far as speed goes. */
function isRefusal(error: unknown): boolean {
  return error instanceof ExhibitError && Number(error.details.oss_status) < 500;
}

/** Milliseconds; it doesn't jump. */
function clock(): number {
  return performance.now();
}
