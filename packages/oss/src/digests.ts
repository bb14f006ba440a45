import { createHash } from "node:crypto";
import { createCRC64, type IHasher } from "hash-wasm";

export interface Digests {
  /** 32 bytes. */
  sha256: Buffer;
  /** CRC-64/XZ, the parameters of `x-oss-hash-crc64ecma` (PROTOCOLS.md 5.2), unsigned. */
  crc64: bigint;
}

/** One pass over a file's bytes, in order. End it with `finish` or `drop`, once. */
export interface Digester {
  update(chunk: Buffer): void;
  /** The CRC64 of the bytes since the last cut; the whole's goes on. */
  cut(): bigint;
  finish(): Digests;
  /** Gives the pass up. */
  drop(): void;
}

/** An instance is a WebAssembly memory of its own and takes 0.1 ms to make: those at rest are kept, up to this many. */
const MAX_IDLE = 64;

export interface DigesterPool {
  start(): Promise<Digester>;
}

export function createDigesterPool(): DigesterPool {
  const idle: IHasher[] = [];
  return {
    async start() {
      const hasher = idle.pop() ?? (await createCRC64());
      return digester(hasher, () => {
        if (idle.length < MAX_IDLE) idle.push(hasher);
      });
    },
  };
}

function digester(hasher: IHasher, release: () => void): Digester {
  const sha256 = createHash("sha256");
  let whole = 0n;
  let length = 0;
  hasher.init();
  const cut = () => {
    const crc64 = BigInt(`0x${hasher.digest("hex")}`);
    whole = crc64Combine(whole, crc64, length);
    length = 0;
    hasher.init();
    return crc64;
  };
  return {
    update(chunk) {
      sha256.update(chunk);
      hasher.update(chunk);
      length += chunk.length;
    },
    cut,
    finish() {
      cut();
      release();
      return { sha256: sha256.digest(), crc64: whole };
    },
    drop: release,
  };
}

/** Reflected: bit 63 stands for x^0. */
const POLYNOMIAL = 0xc96c5795d7870f42n;
const ONE = 1n << 63n;
const X_TO_THE_8TH = 1n << 55n;

/** The CRC64 of A‖B from the CRC64s of A and of B and the length of B, so that a part's bytes are run over once. */
export function crc64Combine(a: bigint, b: bigint, lengthOfB: number): bigint {
  if (a === 0n) return b;
  let shift = ONE;
  let square = X_TO_THE_8TH;
  for (let bytes = BigInt(lengthOfB); bytes > 0n; bytes >>= 1n) {
    if (bytes & 1n) shift = multiply(shift, square);
    square = multiply(square, square);
  }
  return multiply(shift, a) ^ b;
}

/** The product of two polynomials over GF(2), modulo the CRC's. */
function multiply(a: bigint, b: bigint): bigint {
  let product = 0n;
  let shifted = b;
  for (let bit = ONE; bit > 0n; bit >>= 1n) {
    if (a & bit) product ^= shifted;
    shifted = shifted & 1n ? (shifted >> 1n) ^ POLYNOMIAL : shifted >> 1n;
  }
  return product;
}
