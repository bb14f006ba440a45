import { expect, test } from "vitest";
import { codingOf } from "../../src/http/accept-encoding.ts";

test.each([
  [undefined, undefined],
  ["", undefined],
  ["gzip", "gzip"],
  ["gzip, deflate", "gzip"],
  ["gzip, deflate, br, zstd", "br"],
  ["GZip;Q=0.5", "gzip"],
  ["br;q=0.2, gzip;q=0.8", "gzip"],
  ["br ; q=0.8 , gzip ; q=0.8", "br"],
  ["*", "br"],
  ["br;q=0, *", "gzip"],
  ["*;q=0", undefined],
  ["gzip;q=0", undefined],
  ["gzip;q=0.000", undefined],
  ["identity, gzip;q=0.5", undefined],
  ["identity;q=0.5, gzip;q=0.5", "gzip"],
  ["identity", undefined],
  ["deflate, zstd", undefined],
  ["gzip;q=2", undefined],
  ["gzip;q=x", undefined],
  ["gzip;level=9", "gzip"],
  [",;,=", undefined],
])("of %j is %s", (header, coding) => {
  expect(codingOf(header)).toBe(coding);
});
