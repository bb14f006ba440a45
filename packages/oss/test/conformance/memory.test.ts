import { expect, it } from "vitest";
import { crc64Combine } from "../../src/body/crc64-combine.ts";
import { createObjectStore } from "../../src/index.ts";
import { startFakeOss } from "../fake-oss.ts";
import { bytesOf, holderOf, leaseFor, pieceOf } from "../leases.ts";

const MiB = 1024 * 1024;

it("sends 304 MB with less than 120 MB of memory", { timeout: 60_000 }, async () => {
  const combine = (parts: { size: number; crc64: bigint }[]) =>
    parts.reduce((whole, { size, crc64 }) => crc64Combine(whole, crc64, size), 0n);
  const oss = await startFakeOss({ combine });
  const store = createObjectStore();
  const partSize = 6 * MiB;
  const [part, last] = [pieceOf(bytesOf(partSize)), bytesOf(4 * MiB)];
  const bodyOf = (size: number) => {
    let left = size;
    return {
      size,
      // Only the last part is shorter and has a digest, whose value doesn't matter here.
      read: async (length: number) => {
        left -= length;
        return left === 0 ? pieceOf(last.subarray(0, length), last) : part;
      },
      rewind: async () => {
        left = size;
      },
    };
  };
  const leases = holderOf((number) => leaseFor(oss.endpoint, number));
  // The memory that loading the code takes isn't counted.
  await store.put({ leases, name: "first.mp4", body: bodyOf(9 * MiB) });
  const before = process.memoryUsage.rss();
  let peak = before;
  const onBytes = () => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const receipt = await store.put({ leases, name: "big.mp4", body: bodyOf(304 * MiB), onBytes });
  expect(receipt).toMatchObject({ outcome: "stored", size: 304 * MiB });
  expect((peak - before) / MiB).toBeLessThan(120);
  store.close();
  await oss.close();
});
