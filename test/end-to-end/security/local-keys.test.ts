import { join } from "node:path";
import { createAccess } from "@exhibit/ingest";
import { openEmbeddedLedger, openPglite, openPostgresLedger } from "@exhibit/ledger";
import { createDatabase } from "@exhibit/ledger/testing";
import { dataFolder } from "@exhibit/testkit";
import { expect, test } from "vitest";
import { exhibit } from "../../support/exhibit.ts";

test("the first key of a fleet is made in its ledger on Postgres, before any API runs", async () => {
  const { url, drop } = await createDatabase();
  const env = { EXHIBIT_DATABASE_URL: url };
  const local = async (...args: string[]) => {
    const { code, stdout, stderr } = await exhibit(["keys", ...args], env);
    expect(code, stderr).toBe(0);
    return stdout.trimEnd();
  };
  const first = await local("create", "first", "--role", "admin");
  expect(first).toMatch(/^exh_[0-9A-Za-z]{57}$/);
  const other = await local("create", "other", "--role", "viewer", "--entrust", "E-77");
  const id = other.slice(4, 12);
  const rotated = await local("rotate", id, "--old-valid", "0");
  await local("revoke", id);
  const list = await local("--all");
  expect(list).toMatch(/first +admin +nothing +works/);
  expect(list).toMatch(new RegExp(`${id} +other +viewer +E-77 +revoked`));
  for (const key of [first, other, rotated]) expect(list).not.toContain(key);

  const twice = await exhibit(["keys", "create", "first", "--role", "ops"], env);
  expect(twice.code).toBe(2);
  expect(twice.stderr).toContain("There is a key with the name first already.");
  const long = ["keys", "create", "x", "--role", "ops", "--expires", "367"];
  const refused = await exhibit(long, env);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("expires_in_days: it must be at most 366");

  const ledger = await openPostgresLedger(url);
  const { authenticate } = createAccess(ledger);
  const withKey = (key: string) => authenticate({ authorization: `Bearer ${key}` });
  expect(await withKey(first)).toMatchObject({ name: "key:first", role: "admin" });
  expect(await withKey(rotated)).toBeUndefined();
  await ledger.close();
  await drop();
});

test("keys are made in an embedded ledger, which is closed again", async () => {
  const folder = await dataFolder("local-keys");
  const data = join(folder.path, "data");
  const { stdout, stderr } = await exhibit(
    ["keys", "create", "first", "--role", "ops", "--local"],
    {
      EXHIBIT_DATA_DIR: data,
    },
  );
  const pglite = await openPglite(join(data, "ledger"));
  const { authenticate } = createAccess(await openEmbeddedLedger(pglite));
  const found = await authenticate({ authorization: `Bearer ${stdout.trimEnd()}` });
  expect(found, stderr).toMatchObject({ name: "key:first", role: "ops" });
  await pglite.close();
  await folder.remove();
});
