import { describe, expect, it } from "vitest";
import { decrypt, encrypt, parseLeaseKeys } from "../../../src/stores/lease-key.ts";
import { ring } from "../../answers.ts";

const base64 = (letter: string, length = 32) => Buffer.alloc(length, letter).toString("base64");

describe("a ring of lease keys", () => {
  it.each([
    ["a bare key", base64("a"), ["default"]],
    ["a key with an id", `k1:${base64("a")}`, ["k1"]],
    ["several", `k2:${base64("b")}, k1:${base64("a")}`, ["k2", "k1"]],
    ["the old bare one behind a new one", `k2:${base64("b")},${base64("a")}`, ["k2", "default"]],
  ])("is read from %s", (_name, text, ids) => {
    const keys = parseLeaseKeys(text);
    expect(typeof keys === "string" ? keys : keys.map(({ id }) => id)).toEqual(ids);
  });

  it.each([
    ["nothing", "", /^key 1: it isn't 32 bytes in Base64/],
    ["a short key", base64("a", 31), /^key 1: it isn't 32 bytes/],
    ["a long key", base64("a", 33), /^key 1: it isn't 32 bytes/],
    ["a text that isn't Base64", `k1:${"é".repeat(43)}`, /^key 1: it isn't 32 bytes/],
    ["an id that is none", ` :${base64("a")}`, /^key 1: its id/],
    ["two keys of one id", `a:${base64("a")},a:${base64("b")}`, /^key 2: another key/],
    ["a comma at the end", `a:${base64("a")},`, /^key 2: it isn't 32 bytes/],
  ])("isn't read from %s, and nothing is quoted", (_name, text, sentence) => {
    const fault = parseLeaseKeys(text);
    expect(fault).toMatch(sentence);
    expect(fault).not.toContain("YWFh");
  });

  it("seals the same text differently each time, and opens it", () => {
    const [first, second] = [1, 2].map(() => encrypt(ring("a"), "证据", "about"));
    expect(first).not.toBe(second);
    expect(first).toMatch(/^a:[A-Za-z0-9+/]+=*$/);
    for (const encrypted of [first, second])
      expect(decrypt(ring("a"), encrypted ?? "", "about")).toBe("证据");
  });

  it("opens with any of its keys, and with no other, and only as what was encrypted", () => {
    const encrypted = encrypt(ring("a"), "text", "about");
    expect(decrypt(ring("b", "a"), encrypted, "about")).toBe("text");
    expect(decrypt(ring("b"), encrypted, "about")).toBeUndefined();
    expect(decrypt(ring("a"), encrypted, "something else")).toBeUndefined();
    expect(decrypt(ring("a"), encrypted.replace(/^a/, "b"), "about")).toBeUndefined();
  });
});
