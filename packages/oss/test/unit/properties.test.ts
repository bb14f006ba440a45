import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Content } from "../../src/body/content.ts";
import { crc64Combine } from "../../src/body/crc64-combine.ts";
import { planParts } from "../../src/body/part-plan.ts";
import { readParts } from "../../src/body/part-reader.ts";
import { keyOf } from "../../src/lease/object-key.ts";
import { bodyOfBytes, leaseFor } from "../leases.ts";

const KiB = 1024;
const GiB = KiB ** 3;
const lease = leaseFor("https://oss.example");

/**
 * What makes trouble in names: combining marks, Hangul in both forms, dots, slashes, controls,
 * halves of surrogate pairs.
 */
const odd = [
  "e\u0301",
  "\u00e9",
  "\u1112\u1161\u11ab",
  "\ud55c",
  "\u0323\u0307",
  "\u0307\u0323",
  "\u212b",
  ".",
  "..",
  "/",
  "\\",
  "\0",
  "\ufeff",
  "证",
  "👩‍⚖️",
  "\ud800",
];
const part = fc.oneof(fc.constantFrom(...odd), fc.string({ unit: "grapheme", maxLength: 12 }));
const name = fc.array(part, { maxLength: 300 }).map((parts) => parts.join(""));

/** Computes CRC-64/XZ by its definition, one bit at a time. */
function crc64Of(bytes: Uint8Array): bigint {
  let crc = 0xffff_ffff_ffff_ffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++)
      crc = crc & 1n ? (crc >> 1n) ^ 0xc96c_5795_d787_0f42n : crc >> 1n;
  }
  return crc ^ 0xffff_ffff_ffff_ffffn;
}

function keyOrCode(of: string): string | { code: string } {
  try {
    return keyOf(lease, of);
  } catch (thrown) {
    return thrown as { code: string };
  }
}

describe("A key", () => {
  it("is refused unless it lies inside the prefix, in normal form and at most 1,023 bytes", () => {
    fc.assert(
      fc.property(name, (of) => {
        const key = keyOrCode(of);
        if (typeof key !== "string") {
          expect(key).toMatchObject({ code: "KEY_INVALID" });
          return;
        }
        expect(key.startsWith(lease.prefix)).toBe(true);
        const below = key.slice(lease.prefix.length);
        expect(below).toBe(of.normalize("NFC"));
        expect(below.normalize("NFC")).toBe(below);
        expect(Buffer.byteLength(key)).toBeLessThanOrEqual(1023);
        expect(Buffer.from(key).toString()).toBe(key);
        expect(below.split("/").some((each) => ["", ".", ".."].includes(each))).toBe(false);
      }),
    );
  });

  it("is shared only by names that differ in their Unicode form alone", () => {
    fc.assert(
      fc.property(name, name, fc.constantFrom("NFC", "NFD", "none"), (one, two, form) => {
        const other = form === "none" ? two : one.normalize(form);
        const [a, b] = [keyOrCode(one), keyOrCode(other)];
        if (typeof a !== "string" || typeof b !== "string") return;
        expect(a === b).toBe(one.normalize("NFC") === other.normalize("NFC"));
      }),
    );
  });
});

describe("The parts of a file", () => {
  it("cover it exactly and keep OSS's limits, up to the largest file that is read", () => {
    // 10,000 parts of at most 2^31 - 1 bytes each, the most that one read returns.
    const largest = 21_474_836_470_000;
    const sizes = fc.oneof(
      fc.integer({ min: 1, max: largest }),
      fc.constantFrom(1, 100 * KiB, 80_000 * KiB ** 2, 80_000 * KiB ** 2 + 1, largest - 1, largest),
      fc.nat(40).map((shift) => 2 ** shift + 1),
    );
    const wanted = fc.record({
      partSize: fc.integer({ min: 1, max: 64 * KiB ** 2 }),
      parallel: fc.integer({ min: 1, max: 64 }),
    });
    fc.assert(
      fc.property(sizes, wanted, (size, plan) => {
        const { partSize, parallel } = planParts(size, plan);
        const parts = Math.ceil(size / partSize);
        expect(parts).toBeLessThanOrEqual(10_000);
        expect(partSize).toBeGreaterThanOrEqual(100 * KiB);
        expect(partSize).toBeLessThanOrEqual(5 * GiB);
        const last = size - (parts - 1) * partSize;
        expect(last).toBeGreaterThan(0);
        expect(last).toBeLessThanOrEqual(partSize);
        expect(Number.isSafeInteger(partSize * parts)).toBe(true);
        expect(parallel).toBeGreaterThanOrEqual(1);
        expect(parallel).toBeLessThanOrEqual(plan.parallel);
      }),
    );
  });

  it("yield every byte once, in order, numbered from 1, with the digests of each part and of the whole", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 600 }),
        fc.integer({ min: 1, max: 100 }),
        async (array, partSize) => {
          const bytes = Buffer.from(array);
          const seen: Buffer[] = [];
          let content: Content | undefined;
          for await (const each of readParts(bodyOfBytes(bytes), partSize, undefined)) {
            expect(content).toBeUndefined();
            expect(each.number).toBe(seen.length + 1);
            expect(each.crc64).toBe(crc64Of(each.bytes));
            seen.push(each.bytes);
            content = each.content;
          }
          expect(Buffer.concat(seen)).toEqual(bytes);
          const sha256 = createHash("sha256").update(bytes).digest();
          expect(content).toEqual({ size: bytes.length, crc64: crc64Of(bytes), sha256 });
        },
      ),
    );
  });
});

describe("CRC64", () => {
  const bytes = fc.uint8Array({ maxLength: 400 });

  it("of two pieces combines to that of the whole, wherever it is split", () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const whole = crc64Of(Buffer.concat([a, b]));
        expect(crc64Combine(crc64Of(a), crc64Of(b), b.length)).toBe(whole);
      }),
    );
  });

  it("combines to the same whichever pieces are joined first, at any length of a file", () => {
    const crc = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    const length = fc.nat(2 ** 46);
    fc.assert(
      fc.property(crc, crc, crc, length, length, (a, b, c, lengthOfB, lengthOfC) => {
        const left = crc64Combine(crc64Combine(a, b, lengthOfB), c, lengthOfC);
        const right = crc64Combine(a, crc64Combine(b, c, lengthOfC), lengthOfB + lengthOfC);
        expect(left).toBe(right);
      }),
    );
  });
});
