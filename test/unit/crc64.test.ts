import { randomBytes } from "node:crypto";
import { crc64Combine } from "@exhibit/oss/simulation";
import fc from "fast-check";
import { expect, it } from "vitest";
import { crc64 } from "../../packages/sources/src/digests/crc64.ts";

const bytes = randomBytes(200 * 1024);

it("gives a whole's CRC64 from those of its parts, wherever it is cut", () => {
  const cut = fc.nat(bytes.length);
  const combined = fc.property(cut, cut, (one, other) => {
    const [start, end] = [Math.min(one, other), Math.max(one, other)];
    const parts = [bytes.subarray(0, start), bytes.subarray(start, end), bytes.subarray(end)];
    const whole = parts.reduce((crc, part) => crc64Combine(crc, crc64(part), part.length), 0n);
    expect(whole).toBe(crc64(bytes));
  });
  fc.assert(combined, { numRuns: 100 });
});
