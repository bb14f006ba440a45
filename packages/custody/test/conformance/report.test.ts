import type { BucketRetention } from "@exhibit/contracts";
import { pdfText } from "@exhibit/testkit";
import { describe, expect, test } from "vitest";
import {
  canonicalJson,
  type Language,
  languages,
  type ReceiptLine,
  type ReportParts,
  reportHtml,
  reportPdf,
  reportText,
  writeSeal,
} from "../../src/index.ts";
import { sealOver } from "../seals.ts";

const waived: ReceiptLine = {
  ...{ folder: 1, source: "/evidence", path: "𠮷田 <b>&\u202e.eml", vendor: "kongur" },
  ...{ state: "waived", size: 4096, salt: "0", error: "SOURCE_UNREADABLE" },
  ...{ waived_at: "2026-11-30T01:01:00.000Z", waived_by: "李雷", waived_why: "Privileged" },
};

const parts: ReportParts = {
  seal: writeSeal(sealOver([], { waived: 1_500, leaves: 1_500, key: "ab".repeat(32) })),
  isSigned: true,
  importJson: canonicalJson({
    ...{ created_at: "2026-11-30T20:59:59.000Z", entrust_id: "E-77", suit_ids: ["1001"] },
    folders: [
      {
        ...{ folder: 1, vendor: "kongur", selector: { suit_id: "1001" } },
        ...{ source: { path: "/evidence/1001" }, bucket: "evidence", prefix: "suit/1001/" },
      },
    ],
    workers: [{ worker: 1, host: "worker-a", version: "0.2.0" }],
  }),
  acts: {
    first: [canonicalJson({ at: "2026-11-30T20:59:59.000Z", who: "韩梅梅", what: "create" })],
    count: 1,
  },
  incidents: {
    first: [
      canonicalJson({
        ...{ at: "2026-11-30T21:00:00.000Z", code: "DIGEST_MISMATCH", folder: 1, path: "a" },
        message: "OSS had other bytes.",
      }),
    ],
    count: 1,
  },
  unstored: { first: [waived], count: 1_500 },
  ...{
    stamps: [],
    verifications: [],
    identicalBy: {},
    organization: "某某律师事务所",
    at: new Date(0),
  },
};

const html = (language: Language) => reportHtml(reportText(parts, language));

test("a report says what stamped it, what verified it, and what proves files that were there", () => {
  const full: ReportParts = {
    ...parts,
    seal: writeSeal(sealOver([], { identical: 12, leaves: 12 })),
    identicalBy: { md5: 9, crc64: 3 },
    stamps: [{ authority: "tsa", state: "granted", at: new Date("2026-12-01T00:00:00Z") }],
    verifications: [
      { number: 7, at: new Date(0), against: "oss", checked: 12, wrong: 2, outcome: "differs" },
    ],
  };
  const english = reportHtml(reportText(full, "en"));
  expect(english).toContain("12 (proved by its MD5: 9; by size and CRC64 alone: 3)");
  expect(english).toContain("stamped, and checked");
  expect(english).toContain("the objects in OSS: 12");
  expect(english).toContain("DIFFERENCES: 2");
  const chinese = reportHtml(reportText(full, "zh"));
  for (const said of ["经 MD5 证明", "已加盖并核验", "OSS 中的对象", "存在差异"])
    expect(chinese).toContain(said);
});

test.each([
  ["locked 3650 days", "已锁定 3650 天"],
  ["not yet locked 1 days", "尚未锁定 1 天"],
  ["each object 10 years", "逐个对象 10 年"],
  ["each object 365 days, governance", "逐个对象 365 天，治理模式"],
  ["each object when asked", "逐个对象 按请求"],
  ["none", "无"],
  ["unknown", "未知"],
] satisfies [BucketRetention, string][])(
  "a report says beside the place what its bucket keeps: %s",
  (retention, inChinese) => {
    const facts = JSON.parse(parts.importJson);
    facts.folders[0].retention = retention;
    const told: ReportParts = { ...parts, importJson: canonicalJson(facts) };
    const english = reportHtml(reportText(told, "en"));
    expect(english).toContain(`suit/1001/ (what the bucket itself keeps: ${retention})<`);
    const chinese = reportHtml(reportText(told, "zh"));
    expect(chinese).toContain(`suit/1001/ (存储空间自身的保留：${inChinese})<`);
    expect(html("en")).not.toContain("the bucket itself keeps");
  },
);

describe.each(languages)("a report in %s", (language) => {
  test("says who, what, where, what wasn't stored and why, and how many more there are", () => {
    for (const said of [
      ...["E-77", "韩梅梅", "李雷", "Privileged", "SOURCE_UNREADABLE", "DIGEST_MISMATCH"],
      ...["/evidence/1001", "evidence/suit/1001/", "某某律师事务所", "worker-a", "1,500"],
      ...["abababab abababab", "openssl dgst -sha256 -verify"],
    ])
      expect(html(language)).toContain(said);
  });

  test("as a page has no script, loads nothing, and takes names for text", () => {
    expect(html(language)).not.toMatch(/<script|<img|<link|https?:\/\/(?!oss)|src=|<b>/i);
    expect(html(language)).toContain("&lt;b&gt;&amp;\\u{202e}.eml");
    expect(html(language)).toContain("default-src 'none'");
  });

  test("is a PDF with its font in it, of few pages", { timeout: 60_000 }, async () => {
    const pdf = await reportPdf(reportText(parts, language));
    expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
    expect(pdf.toString("latin1")).toMatch(/\/FontFile2/);
    expect(pdf.length).toBeLessThan(200_000);
  });
});

test("Times are in UTC in English, and by China's clocks in Chinese", () => {
  expect(html("en")).toContain("2026-11-30 20:59:59 UTC");
  expect(html("zh")).toContain("2026-12-01 04:59:59 北京时间");
});

test("What isn't known is said to be missing: no signature, no stamp", () => {
  const unsigned = reportHtml(
    reportText({ ...parts, isSigned: false, seal: writeSeal(sealOver([])) }, "en"),
  );
  expect(unsigned).toContain("the seal isn't signed");
  expect(unsigned).toContain("No independent authority has stamped");
});

test("A PDF has a number for a character that its font lacks, and drops none", async () => {
  expect(pdfText(await reportPdf(reportText(parts, "en")))).toContain("U+20BB7田");
});
