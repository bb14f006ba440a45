import type { ChildProcess } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FileView, ImportView } from "@exhibit/contracts";
import { createDatabase } from "@exhibit/ledger/testing";
import { type Sandbox, startSandbox } from "@exhibit/sandbox";
import {
  dataFolder,
  freePort,
  startServer,
  stopProcess,
  takeRedisDatabase,
} from "@exhibit/testkit";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { cli, exhibit } from "../../support/exhibit.ts";
import { ownKeyIn } from "../../support/own-key.ts";
import {
  hasPreviousRelease,
  layOutPreviousRelease,
  type PreviousRelease,
} from "../../support/previous-release.ts";
import { createClient, digestsBelow, importOfSuits, writeTree } from "../../support/system.ts";

const isThere = await hasPreviousRelease();
if (!isThere) {
  process.stderr.write(
    "NOT TESTED: the upgrade from the release before. This copy has no history; a clone of the repository has.\n",
  );
}

/** Files of each suit. */
const FILES = 400;
/** Suits that are stored, by whom and when the names say. */
const suits = ["before", "migrating", "beside", "after", "paused"] as const;
/** PUTs that are under way at a time that counts. */
const IN_FLIGHT = 4;

const stack = new AsyncDisposableStack();
let previous: PreviousRelease;
let sandbox: Sandbox;
let root: string;
let env: { old: NodeJS.ProcessEnv; now: NodeJS.ProcessEnv };
let databaseUrl: string;

beforeAll(async () => {
  if (!isThere) return;
  previous = await layOutPreviousRelease();
  stack.defer(previous.remove);
  const folder = await dataFolder("upgrade");
  stack.defer(folder.remove);
  root = join(folder.path, "evidence");
  for (const suit of suits) {
    const names = Array.from({ length: FILES }, (_, index) => `${index % 7}/${index}.txt`);
    const files = Object.fromEntries(names.map((name) => [name, `${suit} ${name}`]));
    await writeTree(join(root, suit), files);
  }
  await writeTree(join(root, "trouble"), { "a.txt": "a", "b.txt": "b", "c.txt": "c" });
  await symlink("a.txt", join(root, "trouble", "link"));

  sandbox = await startSandbox({ dataDir: join(folder.path, "sandbox") });
  stack.defer(() => sandbox.close());
  const { trial, ...config } = sandbox.config([root]);
  // The release before knew no trials.
  const configs = { old: config, now: { trial, ...config } };
  await mkdir(join(folder.path, "configs"));
  const database = await createDatabase();
  stack.defer(database.drop);
  databaseUrl = database.url;
  const redisUrl = await takeRedisDatabase(inject("redisUrl"));
  const envOf = async (name: keyof typeof configs) => {
    const path = join(folder.path, "configs", `${name}.yaml`);
    await writeFile(path, JSON.stringify(configs[name]));
    return {
      ...process.env,
      EXHIBIT_CONFIG: path,
      EXHIBIT_REDIS_URL: redisUrl,
      EXHIBIT_DATABASE_URL: databaseUrl,
      EXHIBIT_API_PORT: String(await freePort()),
      EXHIBIT_DATA_DIR: join(folder.path, "data", name),
    };
  };
  env = { old: await envOf("old"), now: await envOf("now") };
});
afterAll(() => stack.disposeAsync());

async function start(release: "old" | "now", command: "api" | "worker"): Promise<ChildProcess> {
  const child = await startServer(
    process.execPath,
    [release === "old" ? previous.cli : cli, command],
    { ready: /API listens|worker takes jobs/, env: env[release] },
  );
  stack.defer(() => stopProcess(child));
  return child;
}

function clientOf(release: "old" | "now") {
  const { EXHIBIT_API_PORT, EXHIBIT_DATA_DIR = "" } = env[release];
  const key = () => (release === "old" ? "none" : ownKeyIn(EXHIBIT_DATA_DIR));
  return createClient(`http://127.0.0.1:${EXHIBIT_API_PORT}`, key);
}

async function create(client: ReturnType<typeof clientOf>, suit: string): Promise<string> {
  const { status, body } = await client.post<ImportView>("/v1/imports", importOfSuits(root, suit));
  expect(status, JSON.stringify(body)).toBe(202);
  return body.import_id;
}

async function act(
  client: ReturnType<typeof clientOf>,
  importId: string,
  what: "pause" | "resume" | "waive",
  body: unknown,
): Promise<void> {
  const answer = await client.post(`/v1/imports/${importId}/${what}`, body);
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 202 });
}

test.skipIf(!isThere)(
  "The release before goes on while the ledger is migrated, can be started again on it, and works beside this one; nothing is lost",
  async () => {
    const [oldApi, oldWorker] = await Promise.all([start("old", "api"), start("old", "worker")]);
    const old = clientOf("old");

    // Files in every state: stored, identical, skipped, failed, waived, and planned in what is paused and in what is under way.
    const before = await old.run(importOfSuits(root, "before"));
    expect(before).toMatchObject(allOf(FILES));
    const again = await old.run(importOfSuits(root, "before"));
    expect(again).toMatchObject({ status: "sealed", identical: FILES });
    await old.run(importOfSuits(root, "trouble"));
    await writeTree(join(root, "trouble"), { "a.txt": "other", "b.txt": "other" });
    const trouble = await old.run(importOfSuits(root, "trouble"));
    expect(trouble).toMatchObject({ status: "attention", failed: 2, identical: 1, skipped: 1 });
    const [first] = (await old.files(trouble.import_id)).filter(({ state }) => state === "failed");
    await act(old, trouble.import_id, "waive", {
      file_ids: [first?.file_id],
      why: "given up before",
    });
    let held = sandbox.oss.hold({ method: "PUT" });
    const pausedId = await create(old, "paused");
    await held.reached(IN_FLIGHT);
    await act(old, pausedId, "pause", { why: "waits for the upgrade" });
    held.release();

    // The ledger is migrated while the old worker stores.
    held = sandbox.oss.hold({ method: "PUT" });
    const migratingId = await create(old, "migrating");
    await held.reached(IN_FLIGHT);
    const migrated = await exhibit(["migrate"], { EXHIBIT_DATABASE_URL: databaseUrl });
    expect(migrated, migrated.stderr).toMatchObject({ code: 0 });
    held.release();
    expect(await old.rest(migratingId)).toMatchObject(allOf(FILES));

    // An old worker that ends can be started again; new ones work beside it.
    await stopProcess(oldWorker, "SIGKILL");
    const [oldAgain, newWorker, newApi] = await Promise.all([
      start("old", "worker"),
      start("now", "worker"),
      start("now", "api"),
    ]);
    const beside = await old.run(importOfSuits(root, "beside"));
    expect(beside).toMatchObject(allOf(FILES));

    // The old ones go, in the middle of an import.
    held = sandbox.oss.hold({ method: "PUT" });
    const afterId = await create(old, "after");
    await held.reached(IN_FLIGHT);
    held.release();
    await Promise.all([stopProcess(oldAgain), stopProcess(oldApi)]);
    const now = clientOf("now");
    expect(await now.rest(afterId)).toMatchObject(allOf(FILES));
    await act(now, pausedId, "resume", {});
    expect(await now.rest(pausedId)).toMatchObject(allOf(FILES));
    await act(now, trouble.import_id, "waive", { why: "given up after" });
    expect(await now.sealed(trouble.import_id)).toMatchObject({ waived: 2, identical: 1 });

    for (const suit of suits) {
      const stored = join(sandbox.objectsDir, "evidence/kongur/E-77/suits", suit);
      expect(await digestsBelow(stored), suit).toEqual(await digestsBelow(join(root, suit)));
    }
    expect(sandbox.objectCount()).toBe(suits.length * FILES + 3);
    const ids = [before, again, beside].map(({ import_id }) => import_id);
    for (const id of [...ids, migratingId, afterId, pausedId]) {
      expect((await now.files(id)).filter(hasNoReceipt), id).toEqual([]);
    }
    await Promise.all([stopProcess(newWorker), stopProcess(newApi)]);
  },
);

/** Each is `stored`, or `identical` where a worker went that had sent it. */
function allOf(files: number) {
  return { status: "sealed", files, planned: 0, failed: 0, waived: 0 };
}

function hasNoReceipt({ state, key, sha256, crc64 }: FileView): boolean {
  return !["stored", "identical"].includes(state) || !key || !sha256 || !crc64;
}
