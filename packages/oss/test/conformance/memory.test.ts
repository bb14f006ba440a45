import { expect, it } from "vitest";
import { crc64Combine } from "../../src/digests.ts";
import { createObjectStore } from "../../src/index.ts";
import { startFakeOss } from "../fake-oss.ts";
import { bytesOf, holderOf, leaseFor } from "../leases.ts";

const MiB = 1024 * 1024;

it("sends 300 MB with less than 120 MB of memory", { timeout: 60_000 }, async () => {
  const combine = (parts: { size: number; crc64: bigint }[]) =>
    parts.reduce((whole, { size, crc64 }) => crc64Combine(whole, crc64, size), 0n);
  const oss = await startFakeOss({ combine });
  const store = createObjectStore();
  const piece = bytesOf(MiB);
  const bodyOf = (size: number) => ({
    size,
    async *read(start: number, end: number) {
      for (let at = start; at < end; at += MiB) yield piece.subarray(0, Math.min(MiB, end - at));
    },
  });
  const leases = holderOf((number) => leaseFor(oss.endpoint, number));
  // What loading the code takes isn't counted.
  await store.put({ leases, name: "first", body: bodyOf(9 * MiB) });
  const before = process.memoryUsage.rss();
  let peak = before;
  const onBytes = () => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const receipt = await store.put({ leases, name: "big", body: bodyOf(300 * MiB), onBytes });
  expect(receipt).toMatchObject({ outcome: "stored", size: 300 * MiB });
  expect((peak - before) / MiB).toBeLessThan(120);
  store.close();
  await oss.close();
});
