/** Memory that the main and the reader threads see both, handed out in pieces and used again. */
export interface SharedMemory {
  /** A piece of exactly `size` bytes; what it holds before it is written is anything. */
  take(size: number): SharedPiece;
}

export interface SharedPiece {
  readonly bytes: Buffer;
  /** Gives it back; it must not be used after that, by anybody. */
  release(): void;
}

const SMALLEST = 4 * 1024;
/** Lengths between one power of two and the next: a piece has at most a quarter more behind it than was asked for. */
const STEPS = 4;

/** Keeps at most `kept` bytes that nobody uses. Only few lengths of memory lie behind its pieces, so that they fit others too. */
export function createSharedMemory(kept: number): SharedMemory {
  const free = new Map<number, SharedArrayBuffer[]>();
  let unused = 0;

  function take(length: number): SharedArrayBuffer {
    const known = free.get(length)?.pop();
    if (known === undefined) return new SharedArrayBuffer(length);
    unused -= length;
    return known;
  }

  function giveBack(memory: SharedArrayBuffer): void {
    if (unused + memory.byteLength > kept) return;
    const same = free.get(memory.byteLength) ?? [];
    same.push(memory);
    free.set(memory.byteLength, same);
    unused += memory.byteLength;
  }

  return {
    take(size) {
      const memory = take(lengthFor(size));
      let held = true;
      return {
        bytes: Buffer.from(memory, 0, size),
        release() {
          if (held) giveBack(memory);
          held = false;
        },
      };
    },
  };
}

function lengthFor(size: number): number {
  const step = Math.max(SMALLEST, 2 ** Math.floor(Math.log2(Math.max(1, size))) / STEPS);
  return Math.max(SMALLEST, Math.ceil(size / step) * step);
}
