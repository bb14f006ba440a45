import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SealView } from "@exhibit/contracts";
import { newSealKey } from "@exhibit/custody";
import { dataFolder, pdfText } from "@exhibit/testkit";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { exhibitAt } from "../../support/exhibit.ts";
import { ended } from "../../support/shell.ts";
import { importOfSuits, type System, startSystem, writeTree } from "../../support/system.ts";

const organization = "某某律师事务所";
const why = "Privileged: 律师往来 <b>";

let system: System;
let importId: string;
let seal: SealView;
let desk: Awaited<ReturnType<typeof dataFolder>>;
beforeAll(async () => {
  [system, desk] = await Promise.all([
    startSystem("embedded", {
      ...{ environment: { sealKey: newSealKey() }, stamps: true, custody: { organization } },
    }),
    dataFolder("report"),
  ]);
  const folder = join(system.root, "1001");
  await writeTree(folder, { "conflict.txt": "one" });
  await system.run(importOfSuits(system.root, "1001"));
  // Now the object has other bytes than the file.
  await writeTree(folder, {
    "conflict.txt": "two",
    "合同/签字.txt": "abc",
    "damaged.txt": "damaged",
  });
  await symlink("/etc/hostname", join(folder, "link.txt"));
  const match = { operation: "PutObject", keyIncludes: "damaged.txt" };
  system.sandbox.oss.fail({ match, crc64: "wrong" });
  const view = await system.run(importOfSuits(system.root, "1001"));
  expect(view).toMatchObject({ status: "attention", stored: 2, failed: 1, skipped: 1 });
  importId = view.import_id;
  expect(await exhibit("waive", importId, "--all", "--why", why)).toMatchObject({ code: 0 });
  seal = await vi.waitFor(
    async () => {
      const sealed = await system.get<SealView>(`/v1/imports/${importId}/seal`);
      expect(sealed.state).toBe("stamped");
      return sealed;
    },
    { timeout: 10_000 },
  );
});
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  await desk.remove();
});

/** Runs a command of ours against the system, and returns what it ended with. */
const exhibit = (...args: string[]) => ended(exhibitAt(system, args, { cwd: desk.path }));

/** Lines are broken where a column ends, so white space tells nothing. */
const squeezed = (text: string) => text.replace(/\s/g, "");

/** Returns what a person reads in a report. */
async function textOf(file: string): Promise<string> {
  const bytes = await readFile(join(desk.path, file));
  if (file.endsWith(".pdf")) return squeezed(pdfText(bytes));
  const page = bytes.toString().replace(/<style>.*?<\/style>|<[^>]*>/gs, "\n");
  return squeezed(page.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"));
}

/** What reports have in each language. */
const words = {
  en: [
    ["Given up (waived)", "1"],
    ["Skipped (no evidence: links, devices)", "1"],
    ["isn't a file: symlink"],
    ["sandbox", "stamped, and checked"],
    ["Incidents"],
  ],
  zh: [
    ["已放弃", "1"],
    ["已跳过（链接、设备等，非证据）", "1"],
    ["sandbox", "已加盖并核验"],
  ],
};

describe.each(["en", "zh"] as const)("exhibit report, in %s", (lang) => {
  test.each(["pdf", "html"])(
    "as %s, says what wasn't stored and why, incidents, and stamps",
    async (form) => {
      const file = `${lang}.${form}`;
      const { code, stdout } = await exhibit("report", importId, "--to", file, "--lang", lang);
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: `${file}: a report of import ${importId}.\n`,
      });
      const text = await textOf(file);
      for (const said of [
        ...words[lang].map((cells) => cells.join("")),
        ...[organization, importId, "E-77", "1/link.txt", "1/conflict.txt"],
        `EVIDENCE_CONFLICT: ${why}`,
        ...["1/damaged.txt", "DIGEST_MISMATCH: "],
        seal.key ?? "",
      ])
        expect(text).toContain(squeezed(said));
    },
  );
});

test("In English unless something else is asked for; a file is replaced only by --force", async () => {
  const report = (...more: string[]) => exhibit("report", importId, "--to", "E-77.html", ...more);
  expect((await report()).code).toBe(0);
  expect(await textOf("E-77.html")).toContain("Custodyreport");
  expect((await report("--lang", "zh")).code).not.toBe(0);
  expect(await textOf("E-77.html")).toContain("Custodyreport");
  expect((await report("--lang", "zh", "--force")).code).toBe(0);
  expect(await textOf("E-77.html")).toContain("证据保管报告");
});

test("What can't be a report is refused", async () => {
  const refused = async (...args: string[]) => (await exhibit("report", importId, ...args)).code;
  expect(await refused("--to", "report.docx")).toBe(2);
  expect(await refused("--to", "report.pdf", "--lang", "fr")).toBe(2);
  await writeFile(join(desk.path, "mine.pdf"), "mine");
  expect(await refused("--to", "mine.pdf")).toBe(2);
  expect(await readFile(join(desk.path, "mine.pdf"), "utf8")).toBe("mine");
});
