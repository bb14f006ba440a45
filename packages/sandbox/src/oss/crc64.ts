import { createCRC64, type IHasher } from "hash-wasm";

/** Computes the CRC-64/XZ of what it is fed: OSS's `x-oss-hash-crc64ecma`. */
interface Crc64 {
  update(bytes: Uint8Array): void;
  /** The unsigned decimal number. The computer may not be used after it. */
  finish(): string;
  /** Gives it up unfinished. */
  discard(): void;
}

/** Makes computers, and uses those that are finished again. */
export interface Crc64Pool {
  /** The CRC of one buffer. */
  of(chunks: readonly Uint8Array[]): string;
  start(): Promise<Crc64>;
}

export async function createCrc64Pool(): Promise<Crc64Pool> {
  // hash-wasm's parameter is already the one of CRC-64/XZ: "123456789" gives 995dc9bbdf1939fa.
  const forBuffers = await createCRC64();
  const idle: IHasher[] = [];
  return {
    of(chunks) {
      forBuffers.init();
      for (const chunk of chunks) forBuffers.update(chunk);
      return decimal(forBuffers);
    },
    async start() {
      const hasher = idle.pop() ?? (await createCRC64());
      hasher.init();
      return {
        update: (bytes) => void hasher.update(bytes),
        finish() {
          const value = decimal(hasher);
          idle.push(hasher);
          return value;
        },
        discard: () => void idle.push(hasher),
      };
    },
  };
}

function decimal(hasher: IHasher): string {
  return BigInt(`0x${hasher.digest("hex")}`).toString();
}
