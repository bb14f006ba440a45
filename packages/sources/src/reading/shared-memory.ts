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

/** Keeps at most `kept` bytes that nobody uses. Powers of two of bytes lie behind its pieces, so that they fit others too. */
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
      const memory = take(2 ** Math.ceil(Math.log2(Math.max(SMALLEST, size))));
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
