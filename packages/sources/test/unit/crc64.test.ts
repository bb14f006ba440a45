import { readFileSync } from "node:fs";
import { createRandom } from "@exhibit/testkit/random";
import fc from "fast-check";
import { createCRC64 } from "hash-wasm";
import { describe, expect, it } from "vitest";
import openWabt from "wabt";
import { crc64 } from "../../src/digests/crc64.ts";

const KiB = 1024;
const emergency = "This is a test of the emergency broadcast system.";
const others = await createCRC64();

function othersCrc64(bytes: Uint8Array): bigint {
  return BigInt(`0x${others.init().update(bytes).digest("hex")}`);
}

/** Returns the bytes in memory that threads share, as those of files are, at an odd offset. */
function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length + 3), 3);
  copy.set(bytes);
  return copy;
}

function anyBytes(length: number): Uint8Array {
  return shared(createRandom(length).bytes(length));
}

describe("crc64", () => {
  it.each([
    ["123456789", 11051210869376104954n],
    [emergency, 0x27db187fc15bbc72n],
    [`123456789${emergency}`, 7672622622872733320n],
    ["", 0n],
  ])("returns the published CRC64 of %j", (text, value) => {
    expect(crc64(Buffer.from(text))).toBe(value);
  });

  it("equals another implementation's result for any bytes", () => {
    const bytes = fc.uint8Array({ maxLength: 2 * KiB, size: "max" });
    const same = fc.property(bytes, (of) => crc64(shared(of)) === othersCrc64(of));
    fc.assert(same, { numRuns: 300 });
  });

  it("equals another implementation's result for every length of 0 to 700 bytes", () => {
    const bytes = anyBytes(700);
    const lengths = Array.from({ length: 701 }, (_, length) => length);
    const wrong = lengths.filter((length) => {
      const first = bytes.subarray(0, length);
      return crc64(first) !== othersCrc64(first);
    });
    expect(wrong).toEqual([]);
  });

  it("equals another implementation's result when its memory is filled once, twice and often", () => {
    const lengths = [64, 128, 8 * KiB].flatMap((full) =>
      [-1, 0, 1, 15, 159, 160].map((more) => full * KiB + more),
    );
    const bytes = anyBytes(8 * KiB * KiB + 160);
    for (const length of lengths) {
      const first = bytes.subarray(0, length);
      expect({ length, crc64: crc64(first) }).toEqual({ length, crc64: othersCrc64(first) });
    }
  });
});

describe("crc64.wasm", () => {
  const digests = new URL("../../src/digests/", import.meta.url);
  const committed = readFileSync(new URL("crc64.wasm", digests));

  it("is made of crc64.wat; else run `npm run wasm`", async () => {
    const wabt = await openWabt();
    const source = readFileSync(new URL("crc64.wat", digests), "utf8");
    const module = wabt.parseWat("crc64.wat", source, { relaxed_simd: true });
    expect(committed.equals(module.toBinary({}).buffer)).toBe(true);
  });

  it("makes up for any byte by the eight that are XORed in its place", () => {
    const tables = committed.subarray(committed.length - 256);
    const places = [16, 32, 48, 64, 96, 112, 128, 144];
    const ofZeros = othersCrc64(new Uint8Array(160));
    for (let byte = 0; byte < 256; byte++) {
      const message = new Uint8Array(160);
      message[0] = byte;
      places.forEach((place, index) => {
        const [low, high] = [
          tables[32 * index + (byte & 15)],
          tables[32 * index + 16 + (byte >> 4)],
        ];
        message[place] = Number(low) ^ Number(high);
      });
      expect(othersCrc64(message)).toBe(ofZeros);
    }
  });
});
