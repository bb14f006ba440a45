import { createHash } from "node:crypto";
import type { FileBody, Piece } from "@exhibit/contracts";
import type { Bucket, Lease } from "@exhibit/credentials";
import { createRandom } from "@exhibit/testkit/random";
import { createCRC64 } from "hash-wasm";
import type { LeaseHolder } from "../src/index.ts";

/** Texts of which none may be seen in an error. */
export const secretsOfLeases = ["secret-of-", "token-1", "token-2", "token-3"];

export function leaseFor(endpoint: string, number = 1, bucket: Partial<Bucket> = {}): Lease {
  return {
    id: `lease-${number}`,
    vendor: "kongur",
    credentials: {
      accessKeyId: `STS.key-${number}`,
      accessKeySecret: `secret-of-${number}`,
      securityToken: `token-${number}`,
    },
    bucket: {
      endpoint,
      region: "cn-test",
      name: "evidence",
      pathStyle: true,
      signatureVersion: "v4",
      ...bucket,
    },
    prefix: "case/1001/",
    prefixes: ["case/1001/"],
    expiresAt: new Date(Date.now() + 3_600_000),
  };
}

export interface TestHolder extends LeaseHolder {
  /** The ids of the leases that were replaced. */
  replaced: string[];
  asked: ({ minimumRemaining?: number } | undefined)[];
}

/** Returns a holder of lease 1; each refusal leads to the next one. */
export function holderOf(make: (number: number) => Lease): TestHolder {
  let number = 1;
  const holder: TestHolder = {
    replaced: [],
    asked: [],
    async current(options) {
      holder.asked.push(options);
      return make(number);
    },
    async replace(refused) {
      holder.replaced.push(refused.id);
      if (refused.id === make(number).id) number += 1;
      return make(number);
    },
  };
  return holder;
}

export interface TestBody extends FileBody {
  /** Where the pieces that were read begin and end. */
  reads: [number, number][];
}

const crc64Hasher = await createCRC64();

/** Returns a file of these bytes, which says that it has `size` of them. */
export function bodyOfBytes(content: Buffer, size = content.length): TestBody {
  const reads: [number, number][] = [];
  let at = 0;
  return {
    size,
    reads,
    async read(length) {
      const bytes = content.subarray(at, at + length);
      reads.push([at, at + length]);
      at += length;
      return pieceOf(bytes, at === size ? content : undefined);
    },
    async rewind() {
      at = 0;
    },
  };
}

/** Returns a piece of a file; with `whole`, the last one. */
export function pieceOf(bytes: Buffer, whole?: Buffer): Piece {
  return {
    bytes,
    crc64: BigInt(`0x${crc64Hasher.init().update(bytes).digest("hex")}`),
    sha256: whole && createHash("sha256").update(whole).digest(),
    release() {},
  };
}

/** Returns bytes that differ everywhere, so that no mix-up of parts goes unnoticed. */
export function bytesOf(length: number, seed = 1): Buffer {
  return createRandom(seed).bytes(length);
}
