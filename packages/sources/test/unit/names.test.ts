import { readingOf, writeName } from "@exhibit/contracts/names";
import fc from "fast-check";
import { expect, it } from "vitest";
import { refusedFile, refusedFolder } from "../../src/directory/refused-names.ts";
import { decodeName, pathBelow, showPath, textOf } from "../../src/file-system/names.ts";
import { onDisk, rawName, rawOf, rawPath, showRaw } from "../../src/file-system/raw-paths.ts";

/** 合同.pdf as old versions of Windows write it. Its bytes CD AC are also the UTF-8 of U+036C. */
const GBK = Buffer.from([0xba, 0xcf, 0xcd, 0xac, ...Buffer.from(".pdf")]);

it.each([
  ["plain", "a.txt"],
  ["Chinese", "证据.pdf"],
  ["emoji joined of several", "👩‍⚖️.png"],
  ["decomposed", "cafe\u0301.txt"],
  ["with a byte order mark", "\ufeffa.txt"],
  ["with a replacement character of its own", "a\ufffd.txt"],
])("decodes a name that is %s as it is", (_, name) => {
  expect(decodeName(Buffer.from(name))).toBe(name);
});

it.each([
  ["a lone byte", [0xff]],
  ["a cut character", [0xe8, 0xaf]],
  ["a surrogate", [0xed, 0xa0, 0x80]],
  ["an overlong slash", [0xc0, 0xaf]],
  ["GBK", [0xd6, 0xa4, 0xbe, 0xdd]],
])("recognises that %s isn't UTF-8", (_, bytes) => {
  expect(decodeName(Buffer.from(bytes))).toBeUndefined();
});

it("writes a name out byte by byte, and decodes none of it", () => {
  expect(writeName(GBK)).toBe("\\xba\\xcf\\xcd\\xac.pdf");
  const controls = Buffer.from([0x1b, 0x0a, 0x5c, 0x78, 0x66, 0x66, 0x7f, 0xff]);
  expect(writeName(controls)).toBe("\\x1b\\x0a\\\\xff\\x7f\\xff");
});

it.each([
  ["GBK", GBK, " (as GB18030: 合同.pdf)"],
  ["Big5", Buffer.from([0xa6, 0x58, 0xa6, 0x50, 0xf9, 0xd6]), " (as Big5: 合同碁)"],
  ["Latin-1", Buffer.from("caf\u00e9.pdf", "latin1"), ""],
  ["a lone byte", Buffer.from([0x61, 0xff]), ""],
])("reads %s as far as that makes sense", (_, name, reading) => {
  expect(readingOf(name)).toBe(reading);
});

// Few names, so that they meet: text, backslashes, names that look written out, and bytes.
const name = fc.oneof(
  fc
    .constantFrom("a", "证", "a\\b", "\\xff", "\\", ".x", "\u{1f4c2}")
    .map((text) => Buffer.from(text)),
  fc
    .constantFrom([0xff], [0xba, 0xcf], [0xba, 0xcf, 0x5c], [0x5c, 0xff], [0x61, 0x80])
    .map((bytes) => Buffer.from(bytes)),
);
const names = fc.array(name, { minLength: 1, maxLength: 4 });
const pathOf = (parts: Buffer[]) =>
  parts.reduce((folder, part) => pathBelow(folder, part, decodeName(part)), "");
const bytesOf = (parts: Buffer[]) => parts.map((part) => part.toString("latin1")).join("/");

it("has a path of its own on the record for each path of bytes, which leads back to the bytes", () => {
  fc.assert(
    fc.property(names, names, (one, other) => {
      const raw = rawOf(pathOf(one));
      expect(Buffer.from(onDisk(raw)).toString("latin1")).toBe(bytesOf(one));
      expect(rawPath(Buffer.from(onDisk(raw)))).toBe(raw);
      expect(pathOf(one) === pathOf(other)).toBe(bytesOf(one) === bytesOf(other));
      if (one.every((part) => decodeName(part) !== undefined)) {
        expect(pathOf(one)).toBe(
          Buffer.concat(one.flatMap((part) => [part, Buffer.from("/")]))
            .toString()
            .slice(0, -1),
        );
      } else expect(pathOf(one)).toMatch(/^\.\//);
    }),
  );
});

it("reads a path that is written out as text: in UTF-8 where it is, else in the encoding", () => {
  const path = pathOf([Buffer.from("案\\卷"), GBK.subarray(0, 4), Buffer.from("证据"), GBK]);
  expect(path).toBe("./案\\\\卷/\\xba\\xcf\\xcd\\xac/证据/\\xba\\xcf\\xcd\\xac.pdf");
  expect(textOf(path, "gb18030")).toBe("案\\卷/合同/证据/合同.pdf");
  expect(textOf(path, undefined)).toBeUndefined();
  expect(textOf("plain/\\xba", "gb18030")).toBe("plain/\\xba");
  const other = pathOf([GBK, Buffer.from([0xff])]);
  expect(textOf(other, "gb18030")).toBeUndefined();
  expect(showPath(other, "gb18030")).toBe("\\xba\\xcf\\xcd\\xac.pdf/\\xff");
});

it.each([
  ["big5", [0xa6, 0x58, 0xa6, 0x50], "合同"],
  ["shift_jis", [0x83, 0x5c, 0x83, 0x74], "ソフ"],
  // Its second byte is a backslash in ASCII.
  ["gb18030", [0x81, 0x5c], "乗"],
  // Node decodes it as a character that nobody has written.
  ["big5", [0x80], undefined],
] as const)("reads a name in %s", (encoding, bytes, text) => {
  expect(textOf(pathOf([Buffer.from(bytes)]), encoding)).toBe(text);
});

it("shows raw paths without characters that people can't read", () => {
  expect(showRaw(`/证据/${rawName(GBK)}`)).toBe("/证据/\\xba\\xcf\\xcd\\xac.pdf");
});

it("says of a refused name its bytes, how it may read, and what lies below it", () => {
  const path = pathOf([Buffer.from("suit"), GBK]);
  expect(refusedFile(path, GBK, undefined)).toMatchObject({
    path: "./suit/\\xba\\xcf\\xcd\\xac.pdf",
    error: {
      code: "NAME_INVALID",
      message: "The name \\xba\\xcf\\xcd\\xac.pdf (as GB18030: 合同.pdf) isn't UTF-8.",
      details: { name_hex: GBK.toString("hex") },
    },
  });
  const folder = { path, name: Buffer.from([0xff]), files: 1204, bytes: 3_104_233_112 };
  const sentence =
    "The name of the folder \\xff is neither UTF-8 nor GB18030. Not imported with it: ";
  const whole = refusedFolder({ ...folder, isPartial: false }, "gb18030");
  expect(whole.folder).toEqual({ files: 1204 });
  expect(whole.error.message).toBe(`${sentence}1,204 files, 3,104,233,112 bytes.`);
  const partial = refusedFolder({ ...folder, files: 1, isPartial: true }, "gb18030");
  expect(partial.folder).toEqual({ files: null });
  expect(partial.error.message).toBe(
    `${sentence}at least 1 file, 3,104,233,112 bytes; not all of it could be looked at.`,
  );
});
