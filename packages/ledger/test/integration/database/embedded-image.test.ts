import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { embeddedImage, ensureDatabase } from "../../../src/database/embedded-image.ts";
import { openPglite } from "../../../src/index.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "exhibit-empty-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function count(dataDir: string): Promise<number> {
  const pglite = await openPglite(dataDir);
  try {
    await pglite.exec("create table if not exists rows (id int); insert into rows values (1)");
    const { rows } = await pglite.query<{ count: number }>("select count(*) from rows");
    return rows[0]?.count ?? 0;
  } finally {
    await pglite.close();
  }
}

test("the embedded image was made by the installed PGlite", async () => {
  const entry = createRequire(import.meta.url).resolve("@electric-sql/pglite");
  const manifest = await readFile(join(dirname(entry), "../package.json"), "utf8");
  expect(embeddedImage.pathname).toContain(`-pglite-${JSON.parse(manifest).version}.`);
});

test("a new database works, and keeps what was written into it", async () => {
  await mkdir(join(folder, "ledger"));
  expect(await count(join(folder, "ledger"))).toBe(1);
  expect(await count(join(folder, "ledger"))).toBe(2);
});

test("what a killed process left half unpacked is unpacked anew", async () => {
  await mkdir(join(folder, "ledger.new/base"), { recursive: true });
  await writeFile(join(folder, "ledger.new/PG_VERSION"), "1");
  expect(await count(join(folder, "ledger"))).toBe(1);
  expect(await readdir(folder)).toEqual(["ledger"]);
});

test("a folder that isn't empty is left as it is", async () => {
  await mkdir(join(folder, "ledger"));
  await writeFile(join(folder, "ledger/kept.txt"), "kept");
  await ensureDatabase(join(folder, "ledger"));
  expect(await readdir(join(folder, "ledger"))).toEqual(["kept.txt"]);
});
