import { describe, expect, it } from "vitest";
import { contentTypeOf, typeOfName } from "../../../src/metadata/content-type.ts";

const unknown = "application/octet-stream";
const bytes = (text: string) => Buffer.from(text, "latin1");
const ooxml = "application/vnd.openxmlformats-officedocument";

describe("a name tells the type", () => {
  it.each([
    ["1001/证据/a b.pdf", "application/pdf"],
    ["SCAN.PDF", "application/pdf"],
    ["a.tar.gz", "application/gzip"],
    ["a.jpg", "image/jpeg"],
    ["a.jfif", "image/jpeg"],
    ["a.heic", "image/heic"],
    ["a.dwg", "image/vnd.dwg"],
    ["a.doc", "application/msword"],
    ["a.docx", `${ooxml}.wordprocessingml.document`],
    ["a.xlsx", `${ooxml}.spreadsheetml.sheet`],
    ["a.wps", "application/wps-office.wps"],
    ["a.et", "application/wps-office.et"],
    ["a.dps", "application/wps-office.dps"],
    ["a.ofd", "application/ofd"],
    ["a.eml", "message/rfc822"],
    ["a.msg", "application/vnd.ms-outlook"],
    ["a.mp4", "video/mp4"],
    ["a.amr", "audio/amr"],
    ["a.zip", "application/zip"],
    // Without a charset: Chinese texts may be GBK.
    ["a.txt", "text/plain"],
    ["a.csv", "text/csv"],
  ])("%s is %s", (name, type) => {
    expect(contentTypeOf(name, undefined)).toBe(type);
    expect(contentTypeOf(name, Buffer.alloc(0))).toBe(type);
  });

  it.each([
    ...[
      "README",
      "pdf",
      ".pdf",
      "1001/.pdf",
      "v1.pdf/notes",
      "a.",
      "a.2024-05-01",
      "a.bin",
      "a.exe",
    ],
    ...["a.constructor", "a.__proto__", ""],
  ])("%j tells none", (name) => {
    expect(typeOfName(name)).toBeUndefined();
    expect(contentTypeOf(name, undefined)).toBe(unknown);
  });

  it.each(["html", "HTM", "shtml", "xhtml", "svg", "xml", "xsl", "rss", "mathml", "kml"])(
    "a.%s tells none, because a browser would run what is in it",
    (extension) => {
      expect(contentTypeOf(`a.${extension}`, bytes("<script>"))).toBe(unknown);
    },
  );
});

const jpeg = bytes("\xff\xd8\xff\xe0\0\x10JFIF");
const pdf = bytes("%PDF-1.7\n");
const zip = bytes("PK\x03\x04\x14\0\x06\0");
const tiff = bytes("II*\0\x08\0\0\0");
const bmp = bytes("BM\x36\x10\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0");
const ftyp = (brand: string) => bytes(`\0\0\0\x20ftyp${brand}\0\0\x02\0`);

describe("the first bytes", () => {
  it.each([
    ["application/pdf", pdf],
    ["image/jpeg", jpeg],
    ["image/png", bytes("\x89PNG\r\n\x1a\n\0\0\0\rIHDR")],
    ["image/gif", bytes("GIF89a\x01\0")],
    ["image/gif", bytes("GIF87a\x01\0")],
    ["image/tiff", tiff],
    ["image/tiff", bytes("MM\0*\0\0\0\x08")],
    ["image/webp", bytes("RIFF\x24\0\0\0WEBPVP8 ")],
    ["image/bmp", bmp],
    ["audio/wav", bytes("RIFF\x24\0\0\0WAVEfmt ")],
    ["video/x-msvideo", bytes("RIFF\x24\0\0\0AVI LIST")],
    ["audio/amr", bytes("#!AMR\n")],
    ["video/mp4", ftyp("isom")],
    ["video/mp4", ftyp("mp42")],
    ["video/quicktime", ftyp("qt  ")],
    ["audio/mp4", ftyp("M4A ")],
    ["image/heic", ftyp("heic")],
    ["application/zip", zip],
    ["application/vnd.rar", bytes("Rar!\x1a\x07\x01\0")],
    ["application/x-7z-compressed", bytes("7z\xbc\xaf\x27\x1c\0\x04")],
    ["application/gzip", bytes("\x1f\x8b\x08\0")],
  ])("tell %s where the name doesn't", (type, head) => {
    for (const name of ["scan", "a.2024-05-01", "a.bin"]) {
      expect(contentTypeOf(name, head)).toBe(type);
      expect(contentTypeOf(name, head.subarray(0, 3))).toBe(
        type === "image/jpeg" || type === "application/gzip" ? type : unknown,
      );
    }
  });

  it.each([
    ["a letter", bytes("BMW is the brand in dispute.")],
    ["an empty file", Buffer.alloc(0)],
    ["a PDF that begins later", bytes(" %PDF-1.7")],
    ["a brand that nobody knows", ftyp("crx ")],
    ["a RIFF of another kind", bytes("RIFF\x24\0\0\0ACON")],
    ["HTML", bytes("<!doctype html>")],
  ])("of %s tell nothing", (_, head) => {
    expect(contentTypeOf("a", head)).toBe(unknown);
    expect(contentTypeOf("a.txt", head)).toBe("text/plain");
  });

  it.each([
    ["a photo with another picture's name", "a.png", jpeg, "image/jpeg"],
    ["a scan with a document's name", "a.docx", pdf, "application/pdf"],
    ["a PDF with a text's name", "a.txt", pdf, "application/pdf"],
    ["a PDF with a page's name", "a.html", pdf, "application/pdf"],
    ["a bitmap with a photo's name", "a.jpg", bmp, "image/bmp"],
    ["a telephone's picture with a photo's name", "a.jpg", ftyp("heic"), "image/heic"],
    ["an archive with a PDF's name", "a.pdf", zip, "application/zip"],
  ])("decide about %s", (_, name, head, type) => {
    expect(contentTypeOf(name, head)).toBe(type);
  });

  it.each([
    [
      "a document that is a ZIP archive inside",
      "a.docx",
      zip,
      `${ooxml}.wordprocessingml.document`,
    ],
    ["an OFD invoice", "a.ofd", zip, "application/ofd"],
    ["a raw photo that is a TIFF inside", "a.dng", tiff, "image/x-adobe-dng"],
    ["a film of another brand", "a.mp4", ftyp("qt  "), "video/mp4"],
    ["a recording", "a.m4a", ftyp("mp42"), "audio/mp4"],
  ])("don't decide about %s", (_, name, head, type) => {
    expect(contentTypeOf(name, head)).toBe(type);
  });
});
