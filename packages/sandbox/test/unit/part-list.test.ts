import { expect, it } from "vitest";
import { parsePartList } from "../../src/oss/operations/part-list.ts";

const wrap = (inner: string) => `<CompleteMultipartUpload>${inner}</CompleteMultipartUpload>`;

it("reads numbers and ETags with or without quotes", () => {
  const text = wrap(
    '<Part><PartNumber>1</PartNumber><ETag>"A"</ETag></Part>\n<Part><ETag>&quot;B&quot;</ETag><PartNumber>3</PartNumber></Part>',
  );
  expect(parsePartList(`<?xml version="1.0"?>${text}`)).toEqual([
    { number: 1, etag: "A" },
    { number: 3, etag: "B" },
  ]);
});

it.each([
  "",
  "{}",
  wrap(""),
  wrap("<Part><PartNumber>1</PartNumber></Part>"),
  wrap("<Part><PartNumber>one</PartNumber><ETag>A</ETag></Part>"),
  wrap("<Part><PartNumber>1</PartNumber><ETag>A</ETag></Part>rubbish"),
  wrap("<Part><PartNumber>1</PartNumber><ETag>A</ETag><X/></Part>"),
])("refuses %j", (text) => {
  expect(() => parsePartList(text)).toThrow(expect.objectContaining({ code: "MalformedXML" }));
});
