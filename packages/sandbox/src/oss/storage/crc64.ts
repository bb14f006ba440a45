import { createCRC64, type IHasher } from "hash-wasm";

/** Computes the CRC-64/XZ of what it is fed: OSS's `x-oss-hash-crc64ecma`. */
interface Crc64 {
  update(bytes: Uint8Array): void;
  /** Returns the unsigned decimal number. The computation must not be used afterwards. */
  finish(): string;
  /** Ends the computation without a result. */
  discard(): void;
}

/** Starts computations, and reuses the hashers of those that have ended. */
export interface Crc64Pool {
  /** Returns the CRC of one buffer's pieces. */
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
