import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FileView } from "@exhibit/contracts";
import { newSealKey } from "@exhibit/custody";
import { sandboxOwner, uploaderActions } from "@exhibit/sandbox";
import { dataFolder } from "@exhibit/testkit";
import OSS from "ali-oss";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cli, exhibitAt } from "../../support/exhibit.ts";
import {
  directory,
  importOfSuits,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

const evidence: Record<string, string> = {
  "plain.txt": "abc",
  "empty.txt": "",
  "合同/100% 签字.txt": "percent",
  // Larger than what is held on the way to the disk.
  "video.mp4": "0123456789".repeat(200_000),
};

let system: System;
let importId: string;
let desk: Awaited<ReturnType<typeof dataFolder>>;
beforeAll(async () => {
  [system, desk] = await Promise.all([
    startSystem("embedded", { environment: { sealKey: newSealKey() } }),
    dataFolder("fetch"),
  ]);
  await writeTree(join(system.root, "1001"), evidence);
  importId = (await system.run(importOfSuits(system.root, "1001"))).import_id;
  // The source is gone.
  await rename(join(system.root, "1001"), join(system.root, "gone"));
  // The machine is configured as a worker is.
  const config = { ...system.sandbox.config([system.root]), trial: true };
  await writeFile(join(desk.path, "exhibit.yaml"), JSON.stringify(config));
  await exhibit("export", importId, "--to", "holey", "--payload", "none");
});
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  await desk.remove();
});

/** Runs a command of ours against the system, and returns what it ended with. */
async function exhibit(...args: string[]) {
  return await exhibitAt(system, args, { cwd: desk.path }).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: "" }),
    ({ code, stdout, stderr }) => ({
      code: code as number,
      stdout: `${stdout}`,
      stderr: `${stderr}`,
    }),
  );
}

async function fetched() {
  const { code, stdout } = await exhibit("fetch", "holey", "--json");
  return { code, ...JSON.parse(stdout) };
}

/** Returns where the sandbox keeps the object of a file. */
async function objectOf(path: string): Promise<string> {
  const lines = (await readFile(join(desk.path, "holey/seal/receipts.ndjson"), "utf8")).split("\n");
  const { bucket, key } = JSON.parse(lines.find((line) => line.includes(`/${path}"`)) ?? "{}");
  return system.sandbox.objectPath(bucket, key);
}

const inBag = (path: string) => join(desk.path, "holey/data/1", path);

test("A bag is filled from OSS when the source is gone", async () => {
  expect(await fetched()).toMatchObject({ code: 0, fetched: 4, there: 0, failed: 0 });
  expect((await exhibit("verify", "--bag", "holey")).code).toBe(0);
  expect(await readFile(inBag("video.mp4"), "utf8")).toBe(evidence["video.mp4"]);
});

test("Only what isn't there, or isn't right, is fetched again", async () => {
  await rm(inBag("empty.txt"));
  await writeFile(inBag("plain.txt"), "abd");
  const before = system.sandbox.oss.log.entries().length;
  expect(await fetched()).toMatchObject({ code: 0, fetched: 2, bytes: 3, there: 2 });
  const asked = system.sandbox.oss.log.entries().slice(before);
  expect(asked.filter(({ operation }) => operation === "GetObject")).toHaveLength(2);
  expect(await readFile(inBag("plain.txt"), "utf8")).toBe("abc");
});

test("An object with other bytes never gets into a bag, and one that is gone is named", async () => {
  await rm(inBag("plain.txt"));
  await rm(inBag("empty.txt"));
  const [plain, empty] = [await objectOf("plain.txt"), await objectOf("empty.txt")];
  await writeFile(plain, "abd");
  await rename(empty, `${empty}.away`);
  const { code, failed, first_failures } = await fetched();
  expect({ code, failed }).toEqual({ code: 1, failed: 2 });
  expect(first_failures).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ path: "data/1/plain.txt", code: "EVIDENCE_CONFLICT" }),
      expect.objectContaining({ path: "data/1/empty.txt", code: "NOT_FOUND" }),
    ]),
  );
  expect(await readdir(join(desk.path, "holey/data/1"))).not.toContain("plain.txt");
  expect(await readdir(join(desk.path, "holey"))).not.toContain(".exhibit-fetch");
  const whole = await exhibit("export", importId, "--to", "wrong", "--payload", "oss");
  expect(whole.code).not.toBe(0);
  expect((await readdir(desk.path)).filter((name) => /wrong|\.part/.test(name))).toEqual([]);
  await writeFile(plain, "abc");
  await rename(`${empty}.away`, empty);
});

test("A command that is stopped leaves what is whole, and nothing of what isn't", async () => {
  await rm(inBag("empty.txt"), { force: true });
  await rm(inBag("video.mp4"));
  const hold = system.sandbox.oss.hold({ operation: "GetObject", keyIncludes: "video" });
  const { PATH } = process.env;
  const env = { PATH, EXHIBIT_API_URL: system.apiUrl, EXHIBIT_API_KEY: system.key };
  const child = spawn(process.execPath, [cli, "fetch", "holey"], { cwd: desk.path, env });
  const closed = once(child, "close");
  await hold.reached();
  child.kill("SIGINT");
  expect((await closed)[0]).toBe(130);
  hold.release();
  expect(await readdir(join(desk.path, "holey"))).not.toContain(".exhibit-fetch");
  expect(await readdir(join(desk.path, "holey/data/1"))).not.toContain("video.mp4");
  expect(await fetched()).toMatchObject({ code: 0, failed: 0 });
});

test("What the lease may not read is no word on the evidence, and the bag can be filled later", async () => {
  const { tokens } = system.sandbox;
  await rm(inBag("plain.txt"), { force: true });
  await rm(inBag("empty.txt"), { force: true });
  tokens.setActions(uploaderActions.filter((action) => action !== "oss:GetObject"));
  expect(await fetched()).toMatchObject({ code: 4, fetched: 0, there: 2, failed: 2 });
  tokens.setActions(uploaderActions);
  expect(await fetched()).toMatchObject({ code: 0, fetched: 2, there: 2 });
});

test("A bag that leads elsewhere on the disk isn't filled", async () => {
  await rm(inBag("plain.txt"));
  await symlink("/etc/hostname", inBag("plain.txt"));
  const { code, stderr } = await exhibit("fetch", "holey");
  expect(code).not.toBe(0);
  expect(stderr).toContain("data/1/plain.txt is neither a file nor a folder");
  await rm(inBag("plain.txt"));
});

test.each(["whole", "whole.tar"])("A bag is made with its files from OSS, as %s", async (to) => {
  expect((await exhibit("export", importId, "--to", to, "--payload", "oss")).code).toBe(0);
  if (to === "whole") expect((await exhibit("verify", "--bag", to)).code).toBe(0);
  else
    expect((await readFile(join(desk.path, to))).includes(evidence["video.mp4"] ?? "")).toBe(true);
});

describe("In a bucket that keeps versions", () => {
  const mayReadVersions = [...uploaderActions, "oss:GetObjectVersion"];
  let stored: FileView;
  let buckets: OSS;

  beforeAll(async () => {
    const { sandbox, root } = system;
    sandbox.versions.enable("wombat");
    sandbox.tokens.setActions(mayReadVersions);
    await writeTree(join(root, "robot"), { "a.txt": "what was stored" });
    const robot = { merchant_code: "m1", scenes_code: "1", ou_code: "o1", robot_sn: "r1" };
    const folders = [directory("wombat", robot, join(root, "robot"))];
    const { import_id: id } = await system.run({ suit_ids: [], folders });
    [stored] = (await system.files(id)) as [FileView];
    buckets = new OSS({
      ...sandboxOwner,
      endpoint: sandbox.ossUrl,
      region: "oss-cn-hangzhou",
      bucket: stored.bucket ?? "",
      sldEnable: true,
    } as OSS.Options);
    expect((await exhibit("export", id, "--to", "versions", "--payload", "none")).code).toBe(0);
  });
  afterAll(() => system.sandbox.tokens.setActions(uploaderActions));

  test("the version that the receipt names is fetched, whatever was written or deleted since", async () => {
    const { key, version_id } = stored;
    expect(version_id).toMatch(/^[0-9a-f]+$/);
    const current = async () => `${(await buckets.get(key ?? "")).content}`;
    await buckets.put(key ?? "", Buffer.from("what was written!"));
    expect(await current()).toBe("what was written!");
    const file = join(desk.path, "versions/data/1/a.txt");
    expect((await exhibit("fetch", "versions")).code).toBe(0);
    expect(await readFile(file, "utf8")).toBe("what was stored");
    await rm(file);
    await buckets.delete(key ?? "");
    await expect(current()).rejects.toMatchObject({ code: "NoSuchKey" });
    expect((await exhibit("fetch", "versions")).code).toBe(0);
    expect(await readFile(file, "utf8")).toBe("what was stored");
    expect((await exhibit("verify", "--bag", "versions")).code).toBe(0);
  });

  test("a lease that may not read versions is no word on the evidence", async () => {
    system.sandbox.tokens.setActions(uploaderActions);
    await rm(join(desk.path, "versions/data/1/a.txt"));
    const { code, stdout } = await exhibit("fetch", "versions", "--json");
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 4,
      first_failures: [{ path: "data/1/a.txt", code: "STORE_DENIED" }],
    });
  });
});

test("Of a bag that shows some files only, the API says whose folders they are of", async () => {
  await writeFile(join(desk.path, "list"), "1/plain.txt\n");
  const args = ["--to", "shown", "--files", "list", "--payload", "oss"];
  expect((await exhibit("export", importId, ...args)).code).toBe(0);
  expect((await exhibit("verify", "--bag", "shown")).code).toBe(0);
});

test("Without exhibit.yaml, it is said what it needs", async () => {
  await rename(join(desk.path, "exhibit.yaml"), join(desk.path, "away.yaml"));
  const { code, stderr } = await exhibit("fetch", "holey");
  expect(code).toBe(2);
  expect(stderr).toContain("exhibit fetch needs exhibit.yaml");
});
