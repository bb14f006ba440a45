import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import type {
  DepositView,
  ImportRequest,
  RegisterEntry,
  SealView,
  VerificationView,
} from "@exhibit/contracts";
import { newSealKey } from "@exhibit/custody";
import { sandboxOwner, uploaderActions } from "@exhibit/sandbox";
import OSS from "ali-oss";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { exhibitAt } from "../../support/exhibit.ts";
import { shellIn } from "../../support/shell.ts";
import {
  anyEngine,
  directory,
  importOfSuits,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

/** A third party that takes what it is told, until it is told to answer otherwise. */
let thirdParty: Server;
let told: { head: string; number: number; authorization: string | undefined }[] = [];
let answer = 204;

let system: System;
beforeAll(async () => {
  thirdParty = createServer((request, response) => {
    const { authorization } = request.headers;
    const body: Buffer[] = [];
    request.on("data", (bytes: Buffer) => body.push(bytes));
    request.on("end", () => {
      if (answer === 204) told.push({ ...JSON.parse(`${Buffer.concat(body)}`), authorization });
      response.writeHead(answer).end();
    });
  });
  await new Promise<void>((listening) => void thirdParty.listen(0, "127.0.0.1", listening));
  const [kind = "embedded"] = anyEngine;
  system = await startSystem(kind, {
    environment: { sealKey: newSealKey() },
    stamps: true,
    // Nothing is left to the reconciler: what isn't rung for stays as it is.
    worker: { quietMs: 600_000 },
    custody: {
      deposit: {
        key: ".exhibit/{import_id}/",
        url: `http://127.0.0.1:${(thirdParty.address() as AddressInfo).port}/heads`,
        headers: { authorization: "Bearer heads" },
      },
    },
  });
  const { tokens } = system.sandbox;
  tokens.setActions([...uploaderActions, "oss:ListObjects"]);
});
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  thirdParty.close();
});

let suits = 0;

/** Imports a tree of its own by kongur, and returns its id. */
async function importTree(tree: Record<string, string>) {
  suits += 1;
  const suit = `d${suits}`;
  await writeTree(join(system.root, suit), tree);
  return await importIt(importOfSuits(system.root, suit));
}

async function importIt(request: ImportRequest): Promise<string> {
  const view = await system.run(request);
  expect(view.status).toBe("sealed");
  return view.import_id;
}

const sealOf = (importId: string) => system.get<SealView>(`/v1/imports/${importId}/seal`);

/** Resolves with what is kept elsewhere of an import's seal, once nothing waits. */
const depositsOf = (importId: string, states: readonly DepositView["state"][] = ["deposited"]) =>
  vi.waitFor(
    async () => {
      const { deposits } = await sealOf(importId);
      expect(deposits.filter(({ part }) => part.startsWith("stamp "))).not.toEqual([]);
      for (const deposit of deposits)
        expect([deposit, states]).toEqual([deposit, expect.arrayContaining([deposit.state])]);
      return deposits;
    },
    { timeout: 15_000 },
  );

/** Returns where the sandbox keeps what was put beside the evidence of an import's folder. */
async function besideOf(importId: string, folder = 0): Promise<string> {
  const { bucket, prefix } = (await system.folders(importId))[folder] ?? {};
  const at = `${prefix}.exhibit/${importId}/seal.txt`;
  return dirname(system.sandbox.objectPath(bucket ?? "", at));
}

test("a seal lies beside its evidence with its stamps, and a stranger checks it there", async () => {
  const importId = await importTree({ "a.txt": "a", "合同/签字.txt": "bb" });
  const deposits = await depositsOf(importId);
  expect(deposits.map(({ to, part }) => [to, part])).toEqual([
    ["url", "head"],
    ["folder 1", "seal"],
    ["folder 1", "stamp sandbox"],
  ]);
  const seal = join(system.root, "taken", "seal");
  await mkdir(dirname(seal));
  await cp(await besideOf(importId), seal, { recursive: true });
  const check = [
    "gunzip -k receipts.ndjson.gz",
    "openssl dgst -sha256 -verify key.pem -signature seal.sig seal.txt",
    `printf '%s  contents.txt\\n' "$(sed -n 's/^Contents: //p' seal.txt)" | sha256sum -c`,
    "sha256sum --ignore-missing -c contents.txt",
  ];
  const checked = await shellIn(seal, check.join(" && "));
  expect(checked).toMatchObject({ code: 0 });
  expect(checked.stdout.trim().split("\n")).toEqual([
    "Verified OK",
    ...["contents.txt", "acts.ndjson", "import.json", "incidents.ndjson", "receipts.ndjson"].map(
      (name) => `${name}: OK`,
    ),
  ]);
  await writeFile(join(seal, "ca.pem"), system.sandbox.stamps.ca);
  const stamped = await shellIn(
    seal,
    "openssl ts -verify -data seal.txt -in stamps/sandbox.tsr -CAfile ca.pem",
  );
  expect(stamped.code).toBe(0);
});

test("what lies there isn't taken for something that doesn't belong there", async () => {
  // Its leases name their bucket, so that it may be listed.
  const poi = { op_poi_id: "listed", op_tenant_code: "t1" };
  await writeTree(join(system.root, "listed"), { "a.txt": "a" });
  const importId = await importIt({
    suit_ids: [],
    folders: [directory("deepvision", poi, join(system.root, "listed"))],
  });
  await depositsOf(importId);
  const list = async (): Promise<VerificationView> => {
    const request = { against: "oss", by: "list" };
    const { body } = await system.post<VerificationView>(
      `/v1/imports/${importId}/verifications`,
      request,
    );
    const read = () => system.get<VerificationView>(`/v1/verifications/${body.number}`);
    await expect.poll(async () => (await read()).state, { timeout: 15_000 }).toBe("ended");
    return await read();
  };
  expect(await list()).toMatchObject({ outcome: "same", checked: 1, extra: 0 });
  const { bucket, prefix } = (await system.folders(importId))[0] ?? {};
  await putAsOwner(bucket ?? "", `${prefix}.exhibit/${importId}/b.txt`, Buffer.from("b"));
  expect(await list()).toMatchObject({ extra: 1 });
});

test("each vendor is given the receipts of its own files, and of others no more than their hashes", async () => {
  const [own, others] = [join(system.root, "own"), join(system.root, "others")];
  await writeTree(own, { "a.txt": "a" });
  await writeTree(others, { "secret.txt": "s" });
  const poi = { op_poi_id: "p1", op_tenant_code: "t1" };
  const importId = await importIt({
    suit_ids: ["two"],
    folders: [directory("kongur", { suit_id: "two" }, own), directory("deepvision", poi, others)],
  });
  expect((await depositsOf(importId)).map(({ to, part }) => [to, part])).toEqual([
    ["url", "head"],
    ["folder 1", "seal"],
    ["folder 1", "stamp sandbox"],
    ["folder 2", "seal"],
    ["folder 2", "stamp sandbox"],
  ]);
  const whole = await (await system.ask(`/v1/imports/${importId}/seal/receipts.ndjson`)).text();
  const [first = "", second = ""] = whole.split("\n");
  const receiptsIn = async (folder: number) =>
    `${gunzipSync(await readFile(join(await besideOf(importId, folder), "receipts.ndjson.gz")))}`;
  const withheld = expect.stringMatching(/^\{"leaf":"[0-9a-f]{64}"\}$/);
  expect((await receiptsIn(0)).split("\n")).toEqual([first, withheld, ""]);
  expect((await receiptsIn(1)).split("\n")).toEqual([withheld, second, ""]);
  const lists = ["acts.ndjson", "incidents.ndjson", "import.json"];
  for (const name of lists)
    await expect(readFile(join(await besideOf(importId), name))).rejects.toThrow("ENOENT");
});

test("nothing that is there is overwritten, and a person has it tried again", async () => {
  const importId = await importTree({ "a.txt": "a" });
  await depositsOf(importId);
  const beside = await besideOf(importId);
  const { number } = await sealOf(importId);
  // As after a stop before it was recorded, with a list that another release has packed.
  const packed = join(beside, "receipts.ndjson.gz");
  const other = gzipSync(gunzipSync(await readFile(packed)), { level: 1, memLevel: 1 });
  await rewrite(`${importId}/receipts.ndjson.gz`, importId, other);
  await rewrite(`${importId}/contents.txt`, importId, Buffer.from("other bytes"));
  await again(number);
  await depositsOf(importId, ["deposited", "refused"]);
  const refused = (await sealOf(importId)).deposits.find(({ part }) => part === "seal");
  expect(refused).toMatchObject({
    state: "refused",
    error: expect.stringMatching(/^EVIDENCE_CONFLICT: .*contents\.txt/),
  });
  const { stdout } = await exhibitAt(system, ["deposits", "--utc"], { cwd: system.root });
  expect(stdout).toMatch(
    new RegExp(
      `^${number} .* seal ${importId}\\n.*\\n {2}seal not taken beside the evidence of folder 1 \\(EVIDENCE_CONFLICT: `,
    ),
  );
  expect(await readFile(join(beside, "contents.txt"), "utf8")).toBe("other bytes");

  await rm(join(beside, "contents.txt"));
  const retry = await exhibitAt(system, ["deposits", "retry", `${number}`, "--why", "removed it"], {
    cwd: system.root,
  });
  expect(retry.stdout).toContain(`What is to be kept elsewhere of entry ${number} is tried now.`);
  await depositsOf(importId);
  // The list that was there says the same, so it stays.
  expect(await readFile(packed)).toEqual(other);
  const nothing = await system.post(`/v1/register/${number}/deposits/retry`, {});
  expect(nothing).toMatchObject({ status: 409, body: { code: "STATE_CONFLICT" } });
  const { items } = await system.get<{ items: { what: string; why: string; subject: string }[] }>(
    "/v1/audit?limit=1000",
  );
  expect(items).toContainEqual(
    expect.objectContaining({ what: "deposit", why: "removed it", subject: `register/${number}` }),
  );
});

/** Puts other bytes where an object of a deposit is, as another tool would. */
async function rewrite(name: string, importId: string, bytes: Buffer): Promise<void> {
  const [{ bucket = "", prefix = "" } = {}] = await system.folders(importId);
  const key = `${prefix}.exhibit/${name}`;
  await rm(system.sandbox.objectPath(bucket ?? "", key));
  await putAsOwner(bucket ?? "", key, bytes);
}

async function putAsOwner(bucket: string, key: string, bytes: Buffer): Promise<void> {
  const owner = new OSS({
    ...sandboxOwner,
    bucket,
    region: "oss-cn-hangzhou",
    endpoint: system.sandbox.ossUrl,
    authorizationV4: true,
    sldEnable: true,
  } as OSS.Options);
  await owner.put(key, bytes);
}

/** Has the seal's own deposit made again, as when its record was lost. */
async function again(number: number): Promise<void> {
  const { ledger } = system;
  await sql`update deposits set state = 'pending', deposited_at = null where entry = ${number} and part = 'seal'`.execute(
    ledger.db,
  );
  await system.post(`/v1/register/${number}/deposits/retry`, {});
}

/** What industry's files are of. */
const industrySelector = { type: "OWNBRAND", id: "9007199254740993" };

test("nothing is to be put beside the evidence of a vendor that opens files one by one", async () => {
  const folder = join(system.root, "industry");
  await writeTree(folder, { "a.jpg": "a" });
  const importId = await importIt({
    suit_ids: [],
    folders: [directory("industry", industrySelector, folder)],
  });
  const { deposits, number } = await sealOf(importId);
  expect(deposits.map(({ to }) => to)).toEqual(["url"]);
  // As after a change of the configuration.
  const row = {
    entry: number,
    receiver: "vendor industry",
    folder: 1,
    part: "seal",
    place: ".exhibit/",
  };
  await system.ledger.db.insertInto("deposits").values(row).execute();
  await system.post(`/v1/register/${number}/deposits/retry`);
  await vi.waitFor(async () => {
    const refused = (await sealOf(importId)).deposits.find(({ part }) => part === "seal");
    expect(refused).toMatchObject({
      state: "refused",
      error: expect.stringContaining("industry opens one object for each file"),
    });
  });
});

test("a third party is told each head once, and asked again when a person says so", async () => {
  const { items } = await system.get<{ items: RegisterEntry[] }>("/v1/register?limit=1000");
  await vi.waitFor(() => expect(told.length).toBeGreaterThanOrEqual(items.length));
  const byNumber = new Map(told.map((each) => [each.number, each]));
  expect(byNumber.size).toBe(told.length);
  for (const { number, head, digest } of items)
    expect(byNumber.get(number)).toMatchObject({
      ...{ register: expect.any(String), head, digest, authorization: "Bearer heads" },
    });
  answer = 403;
  const importId = await importTree({ "a.txt": "a" });
  await depositsOf(importId, ["deposited", "refused"]);
  const { number, deposits } = await sealOf(importId);
  expect(deposits.find(({ to }) => to === "url")).toMatchObject({
    ...{ part: "head", state: "refused" },
    error: "DEPOSIT_REFUSED: The third party doesn't want to know: it answered 403.",
  });
  answer = 204;
  told = [];
  expect((await system.post(`/v1/register/${number}/deposits/retry`)).status).toBe(202);
  await depositsOf(importId);
  expect(told.map((each) => each.number)).toEqual([number]);
});
