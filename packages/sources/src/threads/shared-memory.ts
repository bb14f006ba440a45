/**
 * Memory that the main thread and the reader threads both see. It is allocated once; slices of it
 * are handed out and used again.
 */
export interface SharedMemory {
  /** What a thread is given when it starts, to find slices in. */
  readonly whole: SharedArrayBuffer;
  /** Returns exactly `size` bytes, whose content is arbitrary until it is written. */
  take(size: number): SharedBytes;
}

export interface SharedBytes {
  readonly bytes: Buffer;
  /** The same bytes for a thread: cheaper to send than `bytes`. */
  readonly slice: Slice;
  /** Returns the memory; nobody may use it after that. */
  release(): void;
}

/** Bytes of the shared memory, as messages name them. */
export interface Slice {
  readonly at: number;
  readonly length: number;
  /** Memory of the slice's own, if there was no room for it in the shared memory. */
  readonly overflow?: SharedArrayBuffer;
}

/** Returns the bytes themselves, for a thread that was given `whole`. */
export function bytesAt(whole: SharedArrayBuffer, { at, length, overflow }: Slice): Buffer {
  return Buffer.from(overflow ?? whole, at, length);
}

/** Free bytes, from `start` up to but not including `end`. */
interface Gap {
  start: number;
  end: number;
}

/** A page, in which the system gives memory to a process. */
const GRAIN = 4096;

/**
 * Allocates memory for slices of `size` bytes in all. It isn't left to the garbage collectors,
 * because they see only its wrappers: 64 MB in use was 600 MB of the process (docs/performance.md).
 * A slice is cut from the first gap that holds it, so what lies far up is never touched while there
 * is little to do, and takes no memory of the machine. A slice that fits no gap gets memory of its
 * own.
 */
export function createSharedMemory(size: number): SharedMemory {
  const whole = new SharedArrayBuffer(Math.ceil(size / GRAIN) * GRAIN);
  // Sorted, with bytes in use between any two.
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
      if (at === undefined) return overflowBytes(length);
      const slice = { at, length };
      let held = true;
      return {
        slice,
        bytes: bytesAt(whole, slice),
        release() {
          if (held) giveBack(at, at + taken);
          held = false;
        },
      };
    },
  };
}

function overflowBytes(length: number): SharedBytes {
  const overflow = new SharedArrayBuffer(length);
  return { slice: { at: 0, length, overflow }, bytes: Buffer.from(overflow), release() {} };
}
