/** How many requests with bytes may be under way to one bucket, as its answers teach. It does nothing by itself. */
export interface Window {
  /** A whole number from floor to ceiling. */
  readonly size: number;
  /** A request was answered, whatever with: it wasn't asked to slow down. */
  answered(sample: Sample): void;
  /** OSS asked for fewer requests, or one ended by a time-out; `startedAt` is when that request began. */
  throttled(startedAt: number): void;
}

interface Sample {
  /** By the window's own clock. */
  startedAt: number;
  /** Of its body. */
  bytes: number;
  /** Others wait for room: it is the window that bounds the work, not the work itself. */
  scarce: boolean;
}

export interface WindowOptions {
  /** OSS's throttling doesn't press the window below this. */
  floor: number;
  /** Where it begins, and below which it doesn't go to save latency. */
  start: number;
  ceiling: number;
  /** Milliseconds of a clock that doesn't jump. */
  now: () => number;
}

/** Shorter rounds measure the garbage collector. Milliseconds. */
const SHORTEST_ROUND = 50;
/** What each round of an increase adds, in every process alike: so those that share a bucket come to equal windows. */
const STEP = 2;
const DECREASE = 0.5;
/** An increase, or a decrease on trial, is judged when it comes to this much. */
const CLIMB = 1.25;
const DESCENT = 0.8;
/** A window twice as large that is at least a quarter faster pays; the same part of any other growth does. */
const PAYS = 0.25;
/** Rounds between two trials: few after one that succeeded, ever more after those that didn't. */
const SHORTEST_REST = 4;
const LONGEST_REST = 64;
/** A request costs as much as so many bytes, when requests of different sizes are added up. */
const BYTES_OF_REQUEST = 64 * 1024;

type Mode = "doubling" | "climbing" | "descending" | "resting";

/** What a change is measured against. */
interface Base {
  size: number;
  /** Work a millisecond. */
  speed: number;
}

/**
 * It doubles until that doesn't pay or OSS says stop; after that it climbs by equal steps. A throttle halves it. Now and
 * then a larger and a smaller window are tried: growth that doesn't make the work faster only makes each request slower,
 * and is taken back.
 */
export function createWindow({ floor, start, ceiling, now }: WindowOptions): Window {
  let size = start;
  let mode: Mode = "doubling";
  let base: Base | undefined;
  let round = newRound(now());
  let shrunkAt = Number.NEGATIVE_INFINITY;
  /** The last measurement spoke against a trial, and is made once more: one pause of the process must not decide. */
  let isDoubted = false;
  let rounds = 0;
  let rest = SHORTEST_REST;
  let nextTrial: "climbing" | "descending" = "descending";

  function go(to: Mode, wanted: number): void {
    mode = to;
    size = Math.min(ceiling, Math.max(floor, Math.trunc(wanted)));
    isDoubted = false;
  }

  function takeBack({ size: before }: Base): void {
    // The first rest after the doubling is short: what ended it may have been chance.
    rest = mode === "doubling" ? SHORTEST_REST : Math.min(rest * 2, LONGEST_REST);
    restAt(before);
  }

  function restAt(wanted: number): void {
    rounds = 0;
    go("resting", wanted);
  }

  function keep(speed: number): void {
    base = { size, speed };
    rest = SHORTEST_REST;
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
    if (mode === "resting") pass(base, speed);
    else if (mode === "climbing" && growth < CLIMB - 1 && size < ceiling) climb();
    else if (speed >= base.speed * (1 + PAYS * growth)) keep(speed);
    else if (isDoubted) takeBack(base);
    else isDoubted = true;
  }

  function pass(before: Base, speed: number): void {
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
    answered({ startedAt, bytes, scarce }) {
      // What began before the window changed says nothing about it.
      if (startedAt < round.startedAt) return;
      round.answers += 1;
      round.work += BYTES_OF_REQUEST + bytes;
      round.time += now() - startedAt;
      if (scarce) round.scarce += 1;
      if (round.answers < size || now() - round.startedAt < SHORTEST_ROUND) return;
      const { work, time, answers, scarce: bound } = round;
      // With room to spare there is nothing to learn about more of it.
      if (bound * 2 < answers) base = undefined;
      // By Little's law: as many as the window holds are under way, and each takes its time.
      else decide((size * work) / Math.max(time, Number.EPSILON));
      round = newRound(now());
    },
    throttled(startedAt) {
      // One decrease for all that were under way together.
      if (startedAt < shrunkAt) return;
      shrunkAt = now();
      base = undefined;
      rest = SHORTEST_REST;
      go("climbing", size * DECREASE);
      round = newRound(shrunkAt);
    },
  };
}

interface Round {
  startedAt: number;
  answers: number;
  scarce: number;
  work: number;
  /** Milliseconds that its requests took, all together. */
  time: number;
}

function newRound(startedAt: number): Round {
  return { startedAt, answers: 0, scarce: 0, work: 0, time: 0 };
}
