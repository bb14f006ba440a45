import type { Bucket, Lease } from "@exhibit/credentials";
import type { FileBody, LeaseHolder } from "../src/index.ts";

/** None of these may be seen in an error. */
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
  /** Ids of the leases that were replaced. */
  replaced: string[];
  asked: ({ minimumRemaining?: number } | undefined)[];
}

/** Hands out lease 1; each refusal leads to the next one. */
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
  reads: [number, number][];
}

export function bodyOfBytes(content: Buffer, size = content.length): TestBody {
  const reads: [number, number][] = [];
  return {
    size,
    reads,
    async *read(start, end) {
      reads.push([start, end]);
      for (let at = start; at < Math.min(end, content.length); at += 65_536) {
        yield content.subarray(at, Math.min(at + 65_536, end));
      }
    },
  };
}

/** Bytes that differ everywhere, so that no mix-up of parts goes unnoticed. */
export function bytesOf(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}
