import { describe, expect, it } from "vitest";
import { ExhibitError, unseenIn, visible, visibleJson, visibleLines } from "../../src/index.ts";

describe("an untrusted name", () => {
  it.each([
    ["\u001b]0;pwned\u0007\u001b[2J", "\\u{1b}]0;pwned\\u{7}\\u{1b}[2J"],
    ["a\nImport: sealed\r\n\tb", "a\\u{a}Import: sealed\\u{d}\\u{a}\\u{9}b"],
    ["\u0000\u007f\u0080\u009b31m", "\\u{0}\\u{7f}\\u{80}\\u{9b}31m"],
    ["\u202efdp.exe\u2066\u061c\u200f", "\\u{202e}fdp.exe\\u{2066}\\u{61c}\\u{200f}"],
    ["a\u2028b\u2029c", "a\\u{2028}b\\u{2029}c"],
    ["\ud800 \udc00", "\\u{d800} \\u{dc00}"],
  ])("becomes one line with control characters escaped: %j", (name, shown) => {
    expect(visible(name)).toBe(shown);
    expect(visible(shown)).toBe(shown);
    expect(unseenIn(name)).toMatch(/^U\+[0-9A-F]{4}$/);
    expect(unseenIn(shown)).toBeUndefined();
  });

  it.each([
    "证据/录音.wav",
    "e\u0301té",
    "👩‍👩‍👧 (1).jpg",
    "C:\\a \"b\" 'c'",
    "\u200b\ufeff",
    "שלום",
    "",
  ])("stays unchanged if all of it can be displayed: %j", (name) => {
    expect(visible(name)).toBe(name);
  });

  it("adds no lines to a text", () => {
    expect(visibleLines("a\u001b\nb\r\nc")).toBe("a\\u{1b}\nb\\u{d}\nc");
  });

  it("keeps its value in JSON, which can then be displayed", () => {
    const value = { "a\u202e": ["\u009b31m\u2028", "\ud800", "证据", "\n"] };
    const json = visibleJson(JSON.stringify(value));
    expect(unseenIn(json)).toBeUndefined();
    expect(JSON.parse(json)).toEqual(value);
  });
});

describe("the message of an error", () => {
  it("is one line, whatever names it contains", () => {
    const error = new ExhibitError("SOURCE_NOT_FOUND", "a\nb\u001b[31m isn't there");
    expect(error.message).toBe("a\\u{a}b\\u{1b}[31m isn't there");
  });

  it("has as many lines as it was given", () => {
    const error = new ExhibitError("CONFIG_INVALID", ["x can't be used:", "a\nb: it is missing"]);
    expect(error.message).toBe("x can't be used:\na\\u{a}b: it is missing");
  });
});
