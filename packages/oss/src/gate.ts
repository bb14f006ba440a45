import { ExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import { createRoom, type Room } from "./room.ts";
import type { ObjectRequest, Sender } from "./send.ts";
import { createWindow, type Window } from "./window.ts";

/** What all that is sent to one bucket waits at, first come, first served. */
interface Gate {
  readonly window: Window;
  /** For one request with bytes: as many are under way as the window holds. */
  request: Room;
  /** For a whole file: few more are read than can be sent, however many there are. */
  file: Room;
}

/** How many requests with bytes a bucket gets from this process at once, for now. */
export interface BucketWindow {
  readonly endpoint: string;
  readonly bucket: string;
  readonly size: number;
  readonly underWay: number;
}

export interface GatesOptions {
  /** Requests with bytes under way to one bucket, at most. */
  ceiling: number;
}

/** A bucket's gate for all who send to it, made when it is first asked for. */
export interface Gates {
  of(bucket: Lease["bucket"]): Gate;
  list(): BucketWindow[];
}

const FLOOR = 1;
const START = 16;
/** Files that wait in memory for their turn, so that no answer has to wait for a disk. */
const READ_AHEAD = 32;

export function createGates({ ceiling }: GatesOptions): Gates {
  const gates = new Map<string, { gate: Gate; endpoint: string; bucket: string }>();
  const limits = { floor: FLOOR, start: Math.min(START, ceiling), ceiling, now: clock };
  return {
    of({ endpoint, name: bucket }) {
      const id = `${endpoint} ${bucket}`;
      const known = gates.get(id);
      if (known) return known.gate;
      const gate = createGate(createWindow(limits));
      gates.set(id, { gate, endpoint, bucket });
      return gate;
    },
    list: () =>
      [...gates.values()].map(({ gate, endpoint, bucket }) => {
        const { window, request } = gate;
        return { endpoint, bucket, size: window.size, underWay: request.taken };
      }),
  };
}

function createGate(window: Window): Gate {
  return {
    window,
    request: createRoom(() => window.size),
    file: createRoom(() => window.size + READ_AHEAD),
  };
}

/** The same sender; what becomes of its requests with bytes is what the window of their bucket learns from. */
export function teachingSender(sender: Sender, gates: Gates): Sender {
  const watch =
    <Request extends ObjectRequest>(send: (request: Request) => ReturnType<Sender["send"]>) =>
    async (request: Request) => {
      const { window, request: room } = gates.of(request.lease.bucket);
      const scarce = room.isFull;
      const startedAt = clock();
      try {
        const answer = await send(request);
        if (request.body) window.answered({ startedAt, bytes: request.body.length, scarce });
        return answer;
      } catch (error) {
        const { body } = request;
        if (asksForFewer(error)) window.throttled(startedAt);
        else if (body && isRefusal(error))
          window.answered({ startedAt, bytes: body.length, scarce });
        throw error;
      }
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
