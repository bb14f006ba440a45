import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { AuditEvent } from "@exhibit/contracts";
import { newSealKey } from "@exhibit/custody";
import { dataFolder } from "@exhibit/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cli, exhibitAt } from "../../support/exhibit.ts";
import { ended, shellIn } from "../../support/shell.ts";
import { importOfSuits, type System, startSystem, writeTree } from "../../support/system.ts";

const run = promisify(execFile);

/** Names that shells, `sha256sum`, Windows and validators of bags read in their own ways. */
const evidence: Record<string, string> = {
  "-n": "dash",
  "a\\b.txt": "backslash",
  "line\nend.txt": "two lines",
  "plain.txt": "abc",
  "trailing ": "space",
  "$(touch hacked)": "dollar",
  '"sha256":"00".txt': "quotes",
  "合同/100% 签字.txt": "percent",
};

let system: System;
let importId: string;
let desk: Awaited<ReturnType<typeof dataFolder>>;
beforeAll(async () => {
  desk = await dataFolder("bag");
  const sealKey = newSealKey();
  const key = join(desk.path, "key.pem");
  await writeFile(key, sealKey);
  const line = ["req", "-x509", "-key", key, "-subj", "/CN=Firm", "-days", "9"];
  const { stdout: certificate } = await run("openssl", line);
  system = await startSystem("embedded", { environment: { sealKey }, custody: { certificate } });
  await writeTree(join(system.root, "1001"), evidence);
  await writeFile(join(system.root, "1001", Buffer.from([0x61, 0xff]).toString("latin1")), "");
  importId = (await system.run(importOfSuits(system.root, "1001"))).import_id;
});
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  await desk.remove();
});

/** Runs a command of ours against the system, and returns what it ended with. */
async function exhibit(...args: string[]) {
  return await ended(exhibitAt(system, args, { cwd: desk.path }));
}

/** Runs a line of shell in a bag as a stranger would. */
const shell = (bag: string, line: string, sh?: string[]) => shellIn(join(desk.path, bag), line, sh);

/** The commands of a bag's READ-ME.txt, by the number of their step; those with a NAME are for stamps. */
async function commands(bag: string): Promise<Map<number, string[]>> {
  const text = await readFile(join(desk.path, bag, "seal/READ-ME.txt"), "utf8");
  const found = new Map<number, string[]>();
  let step = 0;
  for (const line of text.split("\n")) {
    step = Number(/^(\d) {2}[A-Z]/.exec(line)?.[1] ?? step);
    if (!/^ {3}(openssl|printf|\(cd|sha256sum|sh |head=|while|for|cut|sed|python3)/.test(line))
      continue;
    if (!/NAME|FILE|pkeyutl|seal\/journal|seal\/sha256sum.txt$/.test(line) || /^ {3}sed/.test(line))
      found.set(step, [...(found.get(step) ?? []), line.trim()]);
  }
  return found;
}

describe("A stranger, with a bag alone", () => {
  beforeAll(async () => {
    const made = await exhibit("export", importId, "--to", "E-77", "--why", "For the court");
    expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining("9 files") });
  });

  test.each([
    ["dash", ["dash"]],
    ["busybox", ["busybox", "sh"]],
  ])(
    "finds everything in order by the lines of READ-ME.txt, word for word, in %s",
    async (_, sh) => {
      const steps = await commands("E-77");
      expect([...steps.keys()]).toEqual([1, 3, 4, 6, 7, 8, 9]);
      const lines = [...steps].filter(([step]) => step < 6).flatMap(([, each]) => each);
      expect(lines).toHaveLength(10);
      for (const line of lines)
        expect(await shell("E-77", line, sh), line).toMatchObject({ code: 0 });
      const [, manifest = "", sums = ""] = steps.get(4) ?? [];
      expect((await shell("E-77", manifest, sh)).stdout).toBe(
        (await shell("E-77", sums, sh)).stdout,
      );
      const heads = (await shell("E-77", (steps.get(6) ?? []).join("\n"), sh)).stdout
        .trim()
        .split("\n");
      const seal = await readFile(join(desk.path, "E-77/seal/seal.txt"), "utf8");
      const number = Number(/^Number: (\d+)$/m.exec(seal)?.[1]);
      expect(heads.at(-2)).toBe(`${number - 1} ${/^Head before: (.*)$/m.exec(seal)?.[1]}`);
    },
  );

  test("makes the seal's root with Python", async () => {
    const [line = ""] = (await commands("E-77")).get(7) ?? [];
    const [leaves, root, ...sealed] = (await shell("E-77", line)).stdout.trim().split("\n");
    expect([leaves, root]).toEqual(sealed);
  });

  test("and with Exhibit, by one command without a server; a changed file has its name said", async () => {
    const { stdout } = await run(process.execPath, [cli, "verify", "--bag", "E-77"], {
      cwd: desk.path,
      env: {},
    });
    expect(stdout).toContain("In order.");
    const plain = join(desk.path, "E-77/data/1/plain.txt");
    await writeFile(plain, "abd");
    const wrong = await exhibit("verify", "--bag", "E-77", "--json");
    expect(wrong.code).toBe(1);
    expect(JSON.parse(wrong.stdout)).toMatchObject({
      findings: 1,
      first_findings: [{ where: "data/1/plain.txt" }],
    });
    await writeFile(plain, "abc");
    expect((await exhibit("verify", "--bag", "nowhere")).code).toBe(2);
  });
});

test("A bag in a tar has the same files, and each of its names", async () => {
  await exhibit("export", importId, "--to", "tarred.tar");
  await run("tar", ["xf", "tarred.tar"], { cwd: desk.path });
  expect((await exhibit("verify", "--bag", "tarred")).code).toBe(0);
  const names = await readdir(join(desk.path, "tarred/data/1"), { recursive: true });
  expect(names.filter((name) => !name.startsWith("合同")).toSorted()).toEqual(
    expect.arrayContaining(["$(touch hacked)", "-n", "plain.txt"]),
  );
  expect(names).toContainEqual(expect.stringMatching(/^合同\/100_ 签字\.txt\.[0-9a-f]{8}$/));
});

test("Without its files, a bag says where each of them is, and that they are missing", async () => {
  const { code } = await exhibit("export", importId, "--to", "holey", "--payload", "none");
  expect(code).toBe(0);
  const fetch = await readFile(join(desk.path, "holey/fetch.txt"), "utf8");
  expect(fetch.trim().split("\n")).toHaveLength(9);
  expect(fetch).not.toMatch(/signature|token|accesskey/i);
  expect((await exhibit("verify", "--bag", "holey")).code).toBe(4);
});

test("A bag of some files proves them by READ-ME.txt, and shows nothing of the others", async () => {
  await writeFile(join(desk.path, "list"), "1/plain.txt\n1/合同/100% 签字.txt\n");
  expect((await exhibit("export", importId, "--to", "shown", "--files", "list")).code).toBe(0);
  const steps = await commands("shown");
  expect([...steps.keys()]).toEqual([1, 3, 4, 5, 6, 7]);
  for (const step of [1, 3, 4]) {
    for (const line of steps.get(step) ?? [])
      expect(await shell("shown", line), line).toMatchObject({ code: 0 });
  }
  const [, manifest = "", proofs = ""] = steps.get(4) ?? [];
  expect((await shell("shown", manifest)).stdout).toBe((await shell("shown", proofs)).stdout);
  const [leaves, root, ...sealed] = (await shell("shown", steps.get(5)?.[0] ?? "")).stdout
    .trim()
    .split("\n");
  expect([leaves, root]).toEqual(sealed);
  expect((await exhibit("verify", "--bag", "shown")).code).toBe(0);
  const all = await run("grep", ["-rlE", "hacked|backslash|trailing", "."], {
    cwd: join(desk.path, "shown"),
  }).catch(() => undefined);
  expect(all).toBeUndefined();
  await writeFile(join(desk.path, "list"), "1/nothing.txt\n");
  const unknown = await exhibit("export", importId, "--to", "unknown", "--files", "list");
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("1/nothing.txt") });
  expect(await readdir(desk.path)).not.toContain("unknown");
});

test("No bag is made of a source that has changed, and nothing of it is left", async () => {
  const plain = join(system.root, "1001/plain.txt");
  await writeFile(plain, "abd");
  for (const to of ["changed", "changed.tar"]) {
    const { code, stderr } = await exhibit("export", importId, "--to", to);
    expect(code).toBe(2);
    expect(stderr).toContain("plain.txt isn't what was stored");
  }
  await writeFile(plain, "abc");
  expect((await readdir(desk.path)).filter((name) => /changed|\.part/.test(name))).toEqual([]);
});

test("Who was given what is on record, also what came to nothing", async () => {
  const { items } = await system.get<{ items: AuditEvent[] }>(`/v1/imports/${importId}/audit`);
  const exports = items.filter(({ what }) => what === "export");
  expect(exports[0]).toMatchObject({
    why: "For the court",
    files: null,
    details: { names: "portable" },
  });
  expect(exports.some(({ files }) => files === 2)).toBe(true);
});

test("What was verified later goes with the bag, and so do the keys; what isn't the register's is found", async () => {
  expect((await exhibit("verify", importId)).code).toBe(0);
  await writeFile(join(system.root, "1001/plain.txt"), "abd");
  expect((await exhibit("verify", importId, "--against", "source")).code).toBe(1);
  await exhibit("export", importId, "--to", "verified", "--payload", "none");
  const { code, stdout } = await exhibit("verify", "--bag", "verified");
  expect(code, stdout).toBe(4);
  expect(stdout).toMatch(/verified against receipts on .* 9 of 9 receipts the same \(entry 3\)/);
  expect(stdout).toMatch(/verified against source on .* 8 of 9 receipts the same \(entry 4\)/);
  const [line = ""] = (await commands("verified")).get(9) ?? [];
  for (const sh of [["dash"], ["busybox", "sh"]]) {
    const said = (await shell("verified", line, sh)).stdout;
    expect(said.match(/^Verified OK$/gm)).toHaveLength(3);
    expect(said).not.toContain("NOT IN ORDER");
  }
  const findings = join(desk.path, "verified/seal/verifications/4/findings.ndjson");
  expect(await readFile(findings, "utf8")).toContain("plain.txt");
  await writeFile(findings, "");
  const text = join(desk.path, "verified/seal/verifications/3/verification.txt");
  await writeFile(text, (await readFile(text, "utf8")).replace("Same: 9", "Same: 8"));
  const wrong = await exhibit("verify", "--bag", "verified");
  expect(wrong.code).toBe(1);
  expect(wrong.stdout).toContain("findings.ndjson: isn't what the verification found");
  expect(wrong.stdout).toContain("verification.txt: isn't entry 3 of seal/register.txt");
  expect((await shell("verified", line)).stdout).toContain("NOT IN ORDER: seal/verifications/3");
  await writeFile(join(system.root, "1001/plain.txt"), "abc");
});
