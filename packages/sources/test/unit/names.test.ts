import { expect, it } from "vitest";
import { decodeName, invalidName, showName } from "../../src/names.ts";

it.each([
  ["plain", "a.txt"],
  ["Chinese", "证据.pdf"],
  ["emoji joined of several", "👩‍⚖️.png"],
  ["decomposed", "cafe\u0301.txt"],
  ["with a byte order mark", "\ufeffa.txt"],
  ["with a replacement character of its own", "a\ufffd.txt"],
])("gives a name that is %s back as it is", (_, name) => {
  expect(decodeName(Buffer.from(name))).toBe(name);
});

it.each([
  ["a lone byte", [0xff]],
  ["a cut character", [0xe8, 0xaf]],
  ["a surrogate", [0xed, 0xa0, 0x80]],
  ["an overlong slash", [0xc0, 0xaf]],
  ["GBK", [0xd6, 0xa4, 0xbe, 0xdd]],
])("finds that %s isn't UTF-8", (_, bytes) => {
  expect(decodeName(Buffer.from(bytes))).toBeUndefined();
});

it("shows the bytes that aren't text, and leaves the rest readable", () => {
  const name = Buffer.concat([
    Buffer.from("证a"),
    Buffer.from([0xff, 0xe8, 0xaf]),
    Buffer.from("😀"),
  ]);
  expect(showName(name)).toBe("证a\\xff\\xe8\\xaf😀");
});

it("shows control characters as bytes and backslashes doubled, so that no two names look the same", () => {
  expect(showName(Buffer.from([0x1b, 0x0a, 0x5c, 0x78, 0x66, 0x66, 0xff]))).toBe(
    "\\x1b\\x0a\\\\xff\\xff",
  );
});

it("names an invalid name by a path that no file can have, and keeps its bytes", () => {
  const entry = invalidName(Buffer.from([0x61, 0xff]), "suit/1");
  expect(entry.path).toBe("./suit/1/a\\xff");
  expect(entry.error).toMatchObject({ code: "NAME_INVALID", details: { name_hex: "61ff" } });
});
