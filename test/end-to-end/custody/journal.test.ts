import { appendFile, cp, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RegisterEntry, RegisterText, SealView } from "@exhibit/contracts";
import { newSealKey } from "@exhibit/custody";
import { liftGuard } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { exhibitAt } from "../../support/exhibit.ts";
import { ended, shellIn } from "../../support/shell.ts";
import {
  anyEngine,
  importOfSuits,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

let system: System;
let importId: string;
beforeAll(async () => {
  const [kind = "embedded"] = anyEngine;
  system = await startSystem(kind, {
    environment: { sealKey: newSealKey() },
    stamps: true,
    custody: { stamp: "hourly" },
    worker: { quietMs: 200 },
  });
  await writeTree(join(system.root, "1001"), { "a.txt": "a", "b.txt": "bb" });
  importId = (await system.run(importOfSuits(system.root, "1001"))).import_id;
});
afterAll(() => system[Symbol.asyncDispose]());

const sealOf = () => system.get<SealView>(`/v1/imports/${importId}/seal`);
const exhibit = (...args: string[]) => ended(exhibitAt(system, args, { cwd: system.root }));

test("a seal that is stamped by the hour waits for the journal, which is stamped in its place", async () => {
  const { number, stamps, state } = await sealOf();
  expect({ stamps, state }).toEqual({ stamps: [], state: "pending" });
  expect(system.sandbox.stamps.asked).toBe(0);
  // An hour goes by.
  const { ledger } = system;
  await liftGuard(ledger, "register");
  await sql`update register set at = at - interval '61 minutes'`.execute(ledger.db);
  const seal = await vi.waitFor(
    async () => {
      const view = await sealOf();
      expect(view.state).toBe("stamped");
      return view;
    },
    { timeout: 15_000 },
  );
  expect(seal).toMatchObject({
    stamped_as: number + 1,
    stamps: [{ authority: "sandbox", state: "granted" }],
  });
  expect(system.sandbox.stamps.asked).toBe(1);
  const { items } = await system.get<{ items: RegisterEntry[] }>("/v1/register");
  expect(items.map(({ kind, stamps: each }) => [kind, each.length])).toEqual([
    ["key", 0],
    ["seal", 0],
    ["journal", 1],
  ]);
  const { text } = await system.get<RegisterText>(`/v1/register/${number + 1}`);
  expect(text).not.toContain("E-77");
  const { seal: ofImport } = await system.get<{ seal: SealView }>(`/v1/imports/${importId}`);
  expect(ofImport.stamps).toMatchObject([{ authority: "sandbox", state: "granted" }]);
  const { stdout } = await exhibit("seal", importId, "--utc");
  expect(stdout).toMatch(/stamped by sandbox on .* \(by entry 3, a journal that commits to it\)/);
  const report = await (await system.ask(`/v1/imports/${importId}/seal/report-en.html`)).text();
  expect(report).toContain("These are of entry 3 of the register, a journal");
});

/** The lines of READ-ME.txt that are about the journal. */
async function journalLines(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, "seal/READ-ME.txt"), "utf8");
  const lines = text.split("\n").filter((line) => /^ {3}openssl .*seal\/journal/.test(line));
  return lines.map((line) => line.trim().replaceAll("NAME", "sandbox"));
}

test("a stranger checks the journal, and its place behind the seal, by the lines of READ-ME.txt", async () => {
  expect((await exhibit("seal", importId, "--files", "written")).code).toBe(0);
  expect((await exhibit("export", importId, "--to", "bag", "--payload", "none")).code).toBe(0);
  for (const name of ["written", "bag"]) {
    const folder = join(system.root, name);
    await writeFile(join(folder, "sandbox-ca.pem"), system.sandbox.stamps.ca);
    const [stamp = "", digest = ""] = await journalLines(folder);
    expect(await shellIn(folder, stamp)).toMatchObject({ code: 0 });
    const { code, stdout } = await shellIn(folder, digest);
    expect(code).toBe(0);
    const [own = "", listed = ""] = stdout.split("\n");
    expect(listed).toBe(`3 ${own.slice(0, 64)}`);
    const readMe = await readFile(join(folder, "seal/READ-ME.txt"), "utf8");
    const chain = readMe.split("\n").filter((line) => /^ {3}(head=|while )/.test(line));
    const heads = (await shellIn(folder, chain.join("\n"))).stdout.trim().split("\n");
    const journal = await readFile(join(folder, "seal/journal/journal.txt"), "utf8");
    expect(heads.at(-2)).toBe(`2 ${/^Head before: (.*)$/m.exec(journal)?.[1]}`);
    await rename(join(folder, "sandbox-ca.pem"), join(system.root, "sandbox-ca.pem"));
  }
});

test("and with Exhibit, which says what was exchanged", async () => {
  const ca = ["--ca", `sandbox=${join(system.root, "sandbox-ca.pem")}`];
  const good = join(system.root, "good");
  await cp(join(system.root, "bag"), good, { recursive: true });
  const checked = await exhibit("verify", "--bag", "good", ...ca);
  expect(checked.stdout).toMatch(/entry 3 of the register, a journal of .*, commits to it\n/);
  expect(checked.stdout).toMatch(
    /which is stamped by sandbox on .*, by the certificate that you gave/,
  );
  // The files aren't there.
  expect(checked.code).toBe(4);
  const text = await readFile(join(good, "seal/journal/journal.txt"), "utf8");
  await writeFile(join(good, "seal/journal/journal.txt"), text.replace(/^Acts: \d+/m, "Acts: 0"));
  await appendFile(join(good, "seal/journal/stamps.txt"), "2 other 00\n");
  const changed = await exhibit("verify", "--bag", "good", ...ca);
  expect(changed.code).toBe(1);
  expect(changed.stdout).toMatch(
    /^seal\/journal\/journal\.txt: isn't entry 3 of seal\/register\.txt\.$/m,
  );
  expect(changed.stdout).toMatch(/^seal\/stamps\/sandbox\.tsr: is missing\.$/m);
});

test("a later journal commits to the seal's own stamp, which it renews", async () => {
  const { number } = await sealOf();
  await system.post(`/v1/register/${number}/stamps/sandbox/retry`);
  const own = async () => (await system.get<RegisterText>(`/v1/register/${number}`)).stamps;
  await vi.waitFor(async () => expect(await own()).toMatchObject([{ state: "granted" }]));
  const { ledger } = system;
  await sql`update register set at = at - interval '61 minutes'`.execute(ledger.db);
  await vi.waitFor(
    async () => {
      const { items } = await system.get<{ items: RegisterEntry[] }>("/v1/register");
      expect(items.at(-1)).toMatchObject({ number: 4, stamps: [{ state: "granted" }] });
    },
    { timeout: 15_000 },
  );
  expect(await sealOf()).toMatchObject({ state: "stamped", stamped_as: number });
  await exhibit("export", importId, "--to", "renewed");
  const { code, stdout } = await exhibit("verify", "--bag", "renewed");
  expect(stdout).toMatch(
    /entry 4 of the register, a journal of .*, commits to it, and to its stamp by sandbox\n/,
  );
  expect(code).toBe(0);
});

test("the register is found as it was written, and an act that was changed since is found", async () => {
  const { ledger } = system;
  const check = async () => {
    const { findings } = await system.get<{ findings: { number: number; what: string }[] }>(
      "/v1/register/check",
    );
    // An hour was made to go by.
    return findings.filter(({ what }) => what !== "its time");
  };
  expect(await check()).toEqual([]);
  await liftGuard(ledger, "acts");
  await sql`update acts set why = 'forged' where what = 'create' and subject like 'keys/%'`.execute(
    ledger.db,
  );
  expect(await check()).toEqual([
    expect.objectContaining({ number: 3, what: "the acts since the journal before" }),
  ]);
});
