import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeApiKey, makeToken, parseApiKey, parseToken } from "../../src/index.ts";

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

function numberOf(base62: string): number {
  return [...base62].reduce((value, digit) => value * 62 + DIGITS.indexOf(digit), 0);
}

describe("An API key", () => {
  test("has the form that scanners for leaked secrets look for, and its checksum", () => {
    const { id, text, digest } = makeApiKey();
    expect(text).toMatch(/^exh_[0-9A-Za-z]{57}$/);
    expect(text.slice(4, 12)).toBe(id);
    expect(numberOf(text.slice(-6))).toBe(crc32(text.slice(0, -6)));
    expect(digest).toEqual(createHash("sha256").update(text).digest());
  });

  test("is read as what was made", () => {
    for (let round = 0; round < 500; round++) {
      const { id, text, digest } = makeApiKey();
      expect(parseApiKey(text)).toEqual({ id, digest });
    }
  });

  test("keeps its id when it gets a new secret", () => {
    const key = makeApiKey();
    const rotated = makeApiKey(key.id);
    expect(rotated.id).toBe(key.id);
    expect(rotated.text).not.toBe(key.text);
  });

  test("with a digit exchanged is refused by its checksum, whichever digit it is", () => {
    const { text } = makeApiKey();
    const place = fc.integer({ min: 4, max: text.length - 1 });
    const digit = fc.constantFrom(...DIGITS);
    fc.assert(
      fc.property(place, digit, (at, other) => {
        const changed = text.slice(0, at) + other + text.slice(at + 1);
        expect(parseApiKey(changed) === undefined).toBe(changed !== text);
      }),
    );
  });

  test("with two neighbours swapped is refused by its checksum", () => {
    const { text } = makeApiKey();
    for (let at = 4; at < text.length - 1; at++) {
      const swapped = text.slice(0, at) + text[at + 1] + text[at] + text.slice(at + 2);
      expect(parseApiKey(swapped) === undefined, `${at}`).toBe(swapped !== text);
    }
  });

  test.each([
    ["nothing", () => ""],
    ["another prefix", (key: string) => key.replace("exh_", "exk_")],
    ["a space behind it", (key: string) => `${key} `],
    ["a line end behind it", (key: string) => `${key}\n`],
    ["something before it", (key: string) => `x${key}`],
    ["a digit less", (key: string) => key.slice(0, -1)],
    ["a digit more", (key: string) => `${key}0`],
    ["a character that isn't base62", (key: string) => `${key.slice(0, 20)}-${key.slice(21)}`],
  ])("isn't %s", (_, change) => {
    expect(parseApiKey(change(makeApiKey().text))).toBeUndefined();
  });

  test("has digits of which none is likelier than another", () => {
    const counts = new Map<string, number>();
    for (let keys = 0; keys < 12_000; keys++) {
      // The id and the secret: 51 random digits.
      for (const digit of makeApiKey().text.slice(4, 55)) {
        counts.set(digit, (counts.get(digit) ?? 0) + 1);
      }
    }
    // A remainder of random bytes would be 21 % more of the first eight; chance differs by 1 %.
    const expected = (12_000 * 51) / 62;
    for (const digit of DIGITS) {
      expect((counts.get(digit) ?? 0) / expected, digit).toBeGreaterThan(0.92);
      expect((counts.get(digit) ?? 0) / expected, digit).toBeLessThan(1.08);
    }
  });
});

describe("A token of a session", () => {
  test("is 43 base62 digits, 256 bits, and known by its digest alone", () => {
    const { token, digest } = makeToken();
    expect(token).toMatch(/^[0-9A-Za-z]{43}$/);
    expect(parseToken(token)).toEqual(digest);
    expect(digest).toEqual(createHash("sha256").update(token).digest());
    expect(makeToken().token).not.toBe(token);
  });

  test.each(["", "short", `${"x".repeat(43)}\n`, "x".repeat(44), "é".repeat(43)])(
    "isn't %j",
    (text) => {
      expect(parseToken(text)).toBeUndefined();
    },
  );
});
