/**
 * How many requests with bytes may be in flight to one bucket, learned from their responses. It
 * does nothing by itself.
 */
export interface ConcurrencyWindow {
  /** A whole number from floor to ceiling. */
  readonly size: number;
  /** Records a response that wasn't a throttle, whatever else it said. */
  responded(sample: Sample): void;
  /**
   * Records that OSS asked for fewer requests, or that a request timed out; `startedAt` is when
   * that request began.
   */
  throttled(startedAt: number): void;
}

interface Sample {
  /** When the request began, by the window's own clock. */
  startedAt: number;
  /** Bytes of its body. */
  bytes: number;
  /** Whether others were waiting, so that the window bounds the work, and not the work itself. */
  windowBound: boolean;
}

export interface WindowOptions {
  /** OSS's throttling doesn't press the window below this. */
  floor: number;
  /** The size at the beginning. The window doesn't go below it just to reduce latency. */
  start: number;
  ceiling: number;
  /** Returns milliseconds of a clock that doesn't jump. */
  now: () => number;
}

/** Milliseconds. Shorter rounds would measure the garbage collector. */
const MIN_ROUND = 50;
/**
 * What each round of an increase adds. It is the same in every process, so that processes that
 * share a bucket come to equal windows.
 */
const STEP = 2;
const DECREASE = 0.5;
/** An increase, or a trial decrease, is judged once it comes to this much. */
const CLIMB = 1.25;
const DESCENT = 0.8;
/**
 * A window twice as large pays if it is at least a quarter faster, and any other growth if it gains
 * in proportion.
 */
const PAYS = 0.25;
/** Rounds between two trials: few after one that succeeded, ever more after those that didn't. */
const MIN_REST = 4;
const MAX_REST = 64;
/** What a request costs, in bytes, when requests of different sizes are added up. */
const BYTES_OF_REQUEST = 64 * 1024;

type Mode = "doubling" | "climbing" | "descending" | "resting";

/** What a change is measured against. */
interface Base {
  size: number;
  /** Work a millisecond. */
  speed: number;
}

/**
 * The window doubles until that doesn't pay or OSS says stop; afterwards it climbs by equal steps.
 * A throttle halves it. Now and then a larger and a smaller window are tried: growth that doesn't
 * make the work faster only makes each request slower, and is undone.
 */
export function createConcurrencyWindow({
  floor,
  start,
  ceiling,
  now,
}: WindowOptions): ConcurrencyWindow {
  let size = start;
  let mode: Mode = "doubling";
  let base: Base | undefined;
  let round = newRound(now());
  let shrunkAt = Number.NEGATIVE_INFINITY;
  /**
   * Whether the last measurement spoke against a trial. It is then made once more, because one
   * pause of the process must not decide.
   */
  let isDoubted = false;
  let rounds = 0;
  let rest = MIN_REST;
  let nextTrial: "climbing" | "descending" = "descending";

  function go(to: Mode, wanted: number): void {
    mode = to;
    size = Math.min(ceiling, Math.max(floor, Math.trunc(wanted)));
    isDoubted = false;
  }

  function undo({ size: before }: Base): void {
    // The first rest after the doubling is short: what ended it may have been chance.
    rest = mode === "doubling" ? MIN_REST : Math.min(rest * 2, MAX_REST);
    restAt(before);
  }

  function restAt(wanted: number): void {
    rounds = 0;
    go("resting", wanted);
  }

  function keep(speed: number): void {
    base = { size, speed };
    rest = MIN_REST;
    if (mode === "doubling" && size < ceiling) go("doubling", size * 2);
    else if (mode === "climbing") climb();
    else if (mode === "descending") descend();
    else restAt(size);
  }

  function climb(): void {
    if (size === ceiling) restAt(size);
    else go("climbing", size + STEP);
  }

  function descend(): void {
    const smaller = Math.max(start, size * DESCENT);
    if (smaller >= size) restAt(size);
    else go("descending", smaller);
  }

  function decide(speed: number): void {
    if (base === undefined) {
      keep(speed);
      return;
    }
    const growth = size / base.size - 1;
    if (mode === "resting") passRound(base, speed);
    else if (mode === "climbing" && growth < CLIMB - 1 && size < ceiling) climb();
    else if (speed >= base.speed * (1 + PAYS * growth)) keep(speed);
    else if (isDoubted) undo(base);
    else isDoubted = true;
  }

  function passRound(before: Base, speed: number): void {
    base = { size, speed: (before.speed + speed) / 2 };
    rounds += 1;
    if (rounds < rest) return;
    rounds = 0;
    const trial = nextTrial;
    nextTrial = trial === "climbing" ? "descending" : "climbing";
    if (trial === "climbing") climb();
    else descend();
  }

  return {
    get size() {
      return size;
    },
    responded({ startedAt, bytes, windowBound }) {
      // A request that began before the window changed says nothing about it.
      if (startedAt < round.startedAt) return;
      round.responses += 1;
      round.work += BYTES_OF_REQUEST + bytes;
      round.time += now() - startedAt;
      if (windowBound) round.windowBound += 1;
      if (round.responses < size || now() - round.startedAt < MIN_ROUND) return;
      const { work, time, responses, windowBound: bound } = round;
      // While the window isn't full there is nothing to learn about a larger one.
      if (bound * 2 < responses) base = undefined;
      // By Little's law: as many as the window holds are in flight, and each takes its time.
      else decide((size * work) / Math.max(time, Number.EPSILON));
      round = newRound(now());
    },
    throttled(startedAt) {
      // All requests that were in flight together cause one decrease.
      if (startedAt < shrunkAt) return;
      shrunkAt = now();
      base = undefined;
      rest = MIN_REST;
      go("climbing", size * DECREASE);
      round = newRound(shrunkAt);
    },
  };
}

interface Round {
  startedAt: number;
  responses: number;
  windowBound: number;
  work: number;
  /** Milliseconds that its requests took, all together. */
  time: number;
}

function newRound(startedAt: number): Round {
  return { startedAt, responses: 0, windowBound: 0, work: 0, time: 0 };
}
