/** Memory that the main and the reader threads see both, taken once; pieces of it are handed out and used again. */
export interface SharedMemory {
  /** What threads are given at their start, to find pieces in. */
  readonly whole: SharedArrayBuffer;
  /** A piece of exactly `size` bytes; what it holds before it is written is anything. */
  take(size: number): SharedPiece;
}

export interface SharedPiece {
  readonly bytes: Buffer;
  /** For a thread: cheaper to send than `bytes`. */
  readonly stretch: Stretch;
  /** Gives it back; it must not be used after that, by anybody. */
  release(): void;
}

/** Bytes of the shared memory, as messages name them. */
export interface Stretch {
  readonly at: number;
  readonly length: number;
  /** Memory of its own, if the shared one had no room for it. */
  readonly own?: SharedArrayBuffer;
}

/** The bytes themselves, for a thread that was given `whole`. */
export function bytesAt(whole: SharedArrayBuffer, { at, length, own }: Stretch): Buffer {
  return Buffer.from(own ?? whole, at, length);
}

/** Free bytes, from `start` on up to but not including `end`. */
interface Gap {
  start: number;
  end: number;
}

/** A page: it's what the system gives a process memory by. */
const GRAIN = 4096;

/**
 * Memory of which pieces take `size` bytes in all. It isn't left to the garbage collectors, because they see its wrappers
 * alone: 64 MB in use was 600 MB of the process (docs/performance.md). A piece goes to the first gap that holds it, so
 * what lies far up is never touched while there is little to do, and takes nothing of the machine. One that finds no gap
 * gets memory of its own.
 */
export function createSharedMemory(size: number): SharedMemory {
  const whole = new SharedArrayBuffer(Math.ceil(size / GRAIN) * GRAIN);
  // In their order, with bytes in use between any two.
  const gaps: Gap[] = [{ start: 0, end: whole.byteLength }];

  function findRoom(length: number): number | undefined {
    const index = gaps.findIndex(({ start, end }) => end - start >= length);
    const gap = gaps[index];
    if (gap === undefined) return undefined;
    const { start } = gap;
    gap.start += length;
    if (gap.start === gap.end) gaps.splice(index, 1);
    return start;
  }

  function giveBack(start: number, end: number): void {
    const found = gaps.findIndex((gap) => gap.start >= end);
    const index = found === -1 ? gaps.length : found;
    const before = gaps[index - 1];
    const after = gaps[index];
    if (before?.end === start && after?.start === end) {
      before.end = after.end;
      gaps.splice(index, 1);
    } else if (before?.end === start) before.end = end;
    else if (after?.start === end) after.start = start;
    else gaps.splice(index, 0, { start, end });
  }

  return {
    whole,
    take(length) {
      const taken = Math.max(1, Math.ceil(length / GRAIN)) * GRAIN;
      const at = findRoom(taken);
      if (at === undefined) return ownPiece(length);
      const stretch = { at, length };
      let held = true;
      return {
        stretch,
        bytes: bytesAt(whole, stretch),
        release() {
          if (held) giveBack(at, at + taken);
          held = false;
        },
      };
    },
  };
}

function ownPiece(length: number): SharedPiece {
  const own = new SharedArrayBuffer(length);
  return { stretch: { at: 0, length, own }, bytes: Buffer.from(own), release() {} };
}
