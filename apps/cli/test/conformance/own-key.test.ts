import { mkdir, readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lockApi, ownKeysFor } from "../../src/process/own-key.ts";
import { against } from "../support/run.ts";
import { scratchFolder } from "../support/scratch.ts";

/** The keys of a ledger, as an API asks for them. */
function keysOf(given: { isAny: boolean }) {
  const made: { name: string; held: string | undefined }[] = [];
  const ownKeys = {
    isAny: async () => given.isAny,
    async keep(name: string, held: string | undefined) {
      made.push({ name, held });
      return held ?? `exh_${made.length}`;
    },
  };
  return { services: { ownKeys }, made };
}

const fleet = { databaseUrl: "postgres://db.test/exhibit" };
const here = { apiHost: "127.0.0.1" };
const anywhere = { apiHost: "0.0.0.0" };

test("an API that has its ledger with it makes itself a key, which only its user can read", async () => {
  const dataDir = join(await scratchFolder(), "data");
  const { services, made } = keysOf({ isAny: true });
  expect(await lockApi(services, { dataDir, ...here })).toBe("exh_1");
  const path = join(dataDir, "api-key");
  expect(await readFile(path, "utf8")).toBe("exh_1\n");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(dataDir)).toEqual(["api-key"]);
  expect(await lockApi(services, { dataDir, ...here })).toBe("exh_1");
  expect(made).toEqual([
    { name: "local", held: undefined },
    { name: "local", held: "exh_1" },
  ]);
});

test("an API of a fleet makes one on the loopback while nobody has a key, and keeps it", async () => {
  const dataDir = await scratchFolder();
  const { services, made } = keysOf({ isAny: false });
  expect(await lockApi(services, { dataDir, ...fleet, ...here })).toBe("exh_1");
  const known = keysOf({ isAny: true });
  expect(await lockApi(known.services, { dataDir, ...fleet, ...here })).toBe("exh_1");
  const other = keysOf({ isAny: true });
  const elsewhere = { dataDir: await scratchFolder(), ...fleet, ...here };
  expect(await lockApi(other.services, elsewhere)).toBeUndefined();
  expect([...made, ...known.made, ...other.made]).toEqual([
    { name: `local-${hostname()}`, held: undefined },
    { name: `local-${hostname()}`, held: "exh_1" },
  ]);
});

test.each(["0.0.0.0", "::", "10.9.8.7", "exhibit.example.cn"])(
  "an API that others can reach at %s isn't started while nobody has a key, and says what to do",
  async (apiHost) => {
    const dataDir = await scratchFolder();
    const { services, made } = keysOf({ isAny: false });
    await expect(lockApi(services, { dataDir, ...fleet, apiHost })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(
        new RegExp(`would listen on ${apiHost}.*exhibit keys create NAME --role admin`),
      ),
    });
    expect(made).toEqual([]);
    const locked = keysOf({ isAny: true });
    expect(await lockApi(locked.services, { dataDir, ...fleet, apiHost })).toBeUndefined();
    expect(await readdir(dataDir)).toEqual([]);
  },
);

test("a folder that can't hold the key is named", async () => {
  const dataDir = join(await scratchFolder(), "file");
  await writeFile(dataDir, "");
  const { services } = keysOf({ isAny: false });
  await expect(lockApi(services, { dataDir, ...anywhere })).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringContaining(join(dataDir, "api-key")),
  });
});

/** A data folder with the keys of a live deployment and of a trial that was started later. */
async function withBoth(): Promise<string> {
  const dataDir = await scratchFolder();
  await mkdir(join(dataDir, "trial"));
  await writeFile(join(dataDir, "api-key"), "exh_live\n");
  await writeFile(join(dataDir, "trial/api-key"), "exh_trial\n");
  await utimes(join(dataDir, "api-key"), 1, 1);
  return dataDir;
}

test("the keys of this machine's APIs are found, that of the latest start first, for no other machine", async () => {
  const dataDir = await withBoth();
  expect(ownKeysFor({ dataDir })).toEqual(["exh_trial", "exh_live"]);
  expect(ownKeysFor({ dataDir, publicUrl: "http://localhost:7400" })).toHaveLength(2);
  expect(ownKeysFor({ dataDir, publicUrl: "https://exhibit.example.cn" })).toEqual([]);
  expect(ownKeysFor({ dataDir: await scratchFolder() })).toEqual([]);
});

const page = { items: [], next: null };

test("a command shows the key that it is given, else those it finds, one after the other", async () => {
  const EXHIBIT_DATA_DIR = await withBoth();
  const answer: Parameters<typeof against>[0] = (response, { key }) => {
    const isKnown = key === "exh_live";
    const problem = { type: "/v1/errors#AUTH_REQUIRED", title: "", status: 401, detail: "no" };
    const more = { instance: "", code: "AUTH_REQUIRED", remedy: "", details: {} };
    const body = isKnown ? page : { ...problem, ...more };
    response.writeHead(isKnown ? 200 : 401, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  const found = await against(answer, ["status"], { EXHIBIT_DATA_DIR });
  expect(found.code).toBe(0);
  expect(found.asked.map(({ key }) => key)).toEqual(["exh_trial", "exh_live"]);
  const EXHIBIT_API_KEY_FILE = join(EXHIBIT_DATA_DIR, "api-key");
  const given = await against(answer, ["status"], { EXHIBIT_DATA_DIR, EXHIBIT_API_KEY_FILE });
  expect(given.asked.map(({ key }) => key)).toEqual(["exh_live"]);
  const wrong = { EXHIBIT_DATA_DIR, EXHIBIT_API_KEY: "exh_wrong" };
  const refused = await against(answer, ["status"], wrong);
  expect(refused.asked.map(({ key }) => key)).toEqual(["exh_wrong"]);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("EXHIBIT_API_KEY");
  expect(refused.stderr + refused.stdout).not.toContain("exh_wrong");
});
