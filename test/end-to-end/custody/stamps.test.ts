import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { RegisterEntry, SealView } from "@exhibit/contracts";
import { newSealKey } from "@exhibit/custody";
import { liftGuard } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { exhibit as command, exhibitAt } from "../../support/exhibit.ts";
import {
  anyEngine,
  importOfSuits,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

const run = promisify(execFile);

let system: System;
beforeAll(async () => {
  const [kind = "embedded"] = anyEngine;
  // Nothing is left to the reconciler: what isn't rung for stays as it is.
  const worker = { quietMs: 600_000 };
  system = await startSystem(kind, {
    environment: { sealKey: newSealKey() },
    stamps: true,
    worker,
  });
});
afterAll(() => system[Symbol.asyncDispose]());
beforeEach(() => system.sandbox.stamps.heal());

let suits = 0;

/** Seals an import of its own, and returns its id. */
async function sealed(): Promise<string> {
  suits += 1;
  await writeTree(join(system.root, `${suits}`), { a: `${suits}` });
  const view = await system.run(importOfSuits(system.root, `${suits}`));
  expect(view.status).toBe("sealed");
  return view.import_id;
}

const sealOf = (importId: string) => system.get<SealView>(`/v1/imports/${importId}/seal`);

/** Resolves with the seal once it is in a state. */
const sealWhen = (importId: string, state: SealView["state"]) =>
  vi.waitFor(
    async () => {
      const seal = await sealOf(importId);
      expect(seal.state).toBe(state);
      return seal;
    },
    { timeout: 10_000 },
  );

async function exhibit(...args: string[]): Promise<string> {
  const { stdout } = await exhibitAt(system, args, { cwd: system.root });
  return stdout;
}

test("a seal is stamped right after it was made, and so is the key before it", async () => {
  const seal = await sealWhen(await sealed(), "stamped");
  const [stamp] = seal.stamps;
  expect(stamp).toEqual({
    ...{ authority: "sandbox", state: "granted", error: null },
    at: expect.stringMatching(/^\d{4}-.*Z$/),
  });
  expect(seal.parts).toEqual(
    expect.arrayContaining(["stamps/sandbox.tsr", "stamps/sandbox-ca.pem"]),
  );
  const { items } = await system.get<{ items: RegisterEntry[] }>("/v1/register");
  expect(items.map(({ kind, stamps }) => [kind, stamps[0]?.state])).toEqual([
    ["key", "granted"],
    ["seal", "granted"],
  ]);
  const entry = await system.get<{ text: string }>(`/v1/register/${seal.number}`);
  expect(entry.text).toMatch(/^Exhibit seal 1\nRegister: /);
  const missing = await system.ask(`/v1/imports/${seal.import_id}/seal/stamps/other.tsr`);
  expect(missing.status).toBe(404);
  expect((await system.ask("/v1/register/999")).status).toBe(404);
});

test("an import is sealed whether or not its authority is there, and stamped when it is back", async () => {
  system.sandbox.stamps.fail({ mood: "down" });
  const importId = await sealed();
  const pending = await vi.waitFor(async () => {
    const seal = await sealOf(importId);
    expect(seal.stamps[0]?.error).toContain("No stamp of sandbox for now");
    return seal;
  });
  expect(pending).toMatchObject({ state: "pending", stamps: [{ state: "pending", at: null }] });
  expect(pending.parts).not.toContain("stamps/sandbox.tsr");
  expect(await exhibit("stamps")).toContain(`stamp of sandbox pending (No stamp of sandbox`);
  system.sandbox.stamps.heal();
  const said = await exhibit("stamps", "retry", `${pending.number}`, "--why", "it is back");
  expect(said).toBe(`sandbox is asked for its stamp of entry ${pending.number}.\n`);
  await sealWhen(importId, "stamped");
  expect(await exhibit("stamps")).toBe("No stamp is pending, and none waits for you.\n");
  expect(await exhibit("register")).toContain("  stamped by sandbox on ");
  expect(await exhibit("seal", importId)).toContain("  stamped by sandbox on ");
});

test("what a verification puts on the register is stamped right after it, too", async () => {
  const importId = await sealed();
  await sealWhen(importId, "stamped");
  await exhibit("verify", importId);
  await exhibit("verify", importId, "--against", "oss", "--by", "head", "--sample", "1");
  const seal = await sealOf(importId);
  const [{ error: _, ...stamp } = {}] = seal.stamps;
  const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(await system.get(`/v1/imports/${importId}`)).toMatchObject({
    seal: {
      number: seal.number,
      digest: seal.digest,
      root: seal.root,
      signed: true,
      stamps: [stamp],
    },
    verified: [
      { against: "oss", by: "head", sample: 1, outcome: "same", at },
      { against: "receipts", by: null, sample: null, outcome: "same", at },
    ],
  });
  const status = await exhibit("status", importId);
  expect(status).toMatch(new RegExp(`^ {2}seal ${seal.number}, stamped by sandbox on `, "m"));
  expect(status).toMatch(
    /^ {2}verified against oss by head, 1 of its receipts on .*: everything is the same \(verification \d+\)$/m,
  );
  const isStamped = async () => {
    const { items } = await system.get<{ items: RegisterEntry[] }>("/v1/register");
    const { kind, stamps } = items.at(-1) ?? {};
    expect([kind, stamps?.[0]?.state]).toEqual(["verification", "granted"]);
  };
  await vi.waitFor(isStamped, { timeout: 10_000 });
});

test("what isn't a stamp waits for a person, and is on the record when they ask again", async () => {
  system.sandbox.stamps.fail({ mood: "other imprint" });
  const importId = await sealed();
  const { number, stamps } = await sealWhen(importId, "refused");
  expect(stamps[0]).toMatchObject({ state: "invalid", error: expect.stringContaining("digest") });
  system.sandbox.stamps.heal();
  const path = `/v1/register/${number}/stamps/sandbox/retry`;
  expect((await system.post(path, { why: "its clock is mended" })).status).toBe(202);
  await sealWhen(importId, "stamped");
  expect((await system.post(path)).status).toBe(409);
  expect((await system.post(`/v1/register/${number}/stamps/other/retry`)).status).toBe(404);
  const acts = await system.get<{ items: object[] }>(`/v1/audit?subject=register/${number}`);
  expect(acts.items).toMatchObject([
    { what: "stamp", why: "its clock is mended", details: { authority: "sandbox" } },
  ]);
});

test("the stamps of a seal are written beside it, and OpenSSL finds them in order", async () => {
  const importId = await sealed();
  await sealWhen(importId, "stamped");
  const desk = join(system.root, "desk");
  await mkdir(desk);
  await exhibit("seal", importId, "--files", desk);
  expect(await readFile(join(desk, "seal/stamps/sandbox-ca.pem"), "utf8")).toBe(
    system.sandbox.stamps.ca,
  );
  const args = "ts -verify -data seal.txt -in stamps/sandbox.tsr -CAfile stamps/sandbox-ca.pem";
  const { stdout } = await run("openssl", args.split(" "), { cwd: join(desk, "seal") });
  expect(stdout).toContain("Verification: OK");
  // A bag has them as well, and its report says so.
  await exhibit("export", importId, "--to", join(desk, "bag"), "--payload", "none");
  const inBag = { cwd: join(desk, "bag/seal") };
  expect((await run("openssl", args.split(" "), inBag)).stdout).toContain("Verification: OK");
  const report = await readFile(join(desk, "bag/seal/report-zh.html"), "utf8");
  expect(report).toContain("已加盖并核验");
});

test("a bag's stamps are checked by the certificate that is given, or by the bag's own word", async () => {
  const { import_id: id } = await sealWhen(await sealed(), "stamped");
  await exhibit("export", id, "--to", "bag");
  expect(await exhibit("verify", "--bag", "bag")).toMatch(/stamped by sandbox on .*own word/);
  await writeFile(join(system.root, "tsa.pem"), system.sandbox.stamps.ca);
  const given = await exhibit("verify", "--bag", "bag", "--ca", "sandbox=tsa.pem");
  expect(given).toMatch(/stamped by sandbox on .* UTC, by the certificate that you gave/);
  const missing = exhibit("verify", "--bag", "bag", "--ca", "tsa=tsa.pem");
  await expect(missing).rejects.toMatchObject({ code: 1 });
  const unread = exhibit("verify", "--bag", "bag", "--ca", "tsa=nowhere.pem");
  await expect(unread).rejects.toMatchObject({ code: 2 });
});

test.each([
  ["exchanged", "token = (select token from stamps where entry = 1)"],
  ["cut off", "token = substring(token from 1 for 200)"],
  ["emptied", "token = ''"],
  ["said to be older", "stamped_at = stamped_at - interval '1 day'"],
  ["said to have another number", "serial = '00'"],
])("a stamp that is %s in the ledger is found and named", async (_, change) => {
  const { import_id: id, number } = await sealWhen(await sealed(), "stamped");
  expect(await exhibit("verify", id)).toContain("same");
  const { ledger } = system;
  await liftGuard(ledger, "stamps");
  await sql.raw(`update stamps set ${change} where entry = ${number}`).execute(ledger.db);
  const named = { code: 1, stdout: expect.stringContaining("its stamp by sandbox") };
  await expect(exhibit("verify", id)).rejects.toMatchObject(named);
  await expect(exhibit("verify", "--register")).rejects.toMatchObject({
    ...named,
    stdout: expect.stringMatching(new RegExp(`\\b${number}\\b.*its stamp by sandbox`)),
  });
  await sql`delete from stamps where entry = ${number}`.execute(ledger.db);
});

test("certificates that were exchanged in the ledger, with a stamp by them, deceive nobody", async () => {
  const { import_id: id, number } = await sealWhen(await sealed(), "stamped");
  const { ledger } = system;
  const forged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  await sql`update stamp_roots set pem = ${forged}`.execute(ledger.db);
  await expect(exhibit("verify", id)).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringContaining(
      "the certificates that its stamp by sandbox was checked against",
    ),
  });
  await sql`update stamp_roots set pem = ${system.sandbox.stamps.ca}`.execute(ledger.db);
  await sql`delete from stamps where entry = ${number}`.execute(ledger.db);
});

test("authorities are asked for a stamp that stays nowhere, and what is wrong with them is said", async () => {
  const path = join(system.root, "exhibit.yaml");
  const { stamps } = system.sandbox;
  const custody = { stamps: [{ name: "sandbox", url: stamps.url, ca: stamps.ca }] };
  const config = { ...system.sandbox.config([system.root]), custody };
  await writeFile(path, JSON.stringify(config));
  const { items } = await system.get<{ items: object[] }>("/v1/register");
  const check = () => command(["stamps", "check"], { EXHIBIT_CONFIG: path });
  const good = await check();
  expect(good.stdout).toMatch(
    /^sandbox stamps, and its stamp is in order; it answered within .* s; its clock is .* s (ahead|behind)$/m,
  );
  expect(good.code).toBe(0);
  stamps.fail({ mood: "other imprint" });
  expect(await check()).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^sandbox gives no stamp: .*digest/m),
  });
  expect((await system.get<{ items: object[] }>("/v1/register")).items).toHaveLength(items.length);
});
