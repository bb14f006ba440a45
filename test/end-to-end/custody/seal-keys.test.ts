import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { AuditEvent } from "@exhibit/contracts";
import { keyIdOf, newSealKey, pemSigner } from "@exhibit/custody";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exhibitAt } from "../../support/exhibit.ts";
import {
  anyEngine,
  importOfSuits,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

let system: System;
const sealKey = newSealKey();
beforeAll(async () => {
  const [kind = "embedded"] = anyEngine;
  system = await startSystem(kind, { environment: { sealKey } });
});
afterAll(() => system[Symbol.asyncDispose]());

async function exhibit(...args: string[]): Promise<string> {
  const { stdout } = await exhibitAt(system, args, { cwd: system.root });
  return stdout;
}

test("a new key is in a file for its owner alone, and never in place of another", async () => {
  const said = await exhibit("seal-keys", "new", "next.pem");
  const file = join(system.root, "next.pem");
  const signer = pemSigner(await readFile(file, "utf8"));
  expect(said).toContain(typeof signer === "string" ? signer : signer.id);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await expect(exhibit("seal-keys", "new", "next.pem")).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining("next.pem isn't written: it is there already"),
  });
});

test("a stolen key is said to be so, and so is each seal that the thief may have signed", async () => {
  await writeTree(join(system.root, "1001"), { a: "a" });
  const { import_id } = await system.run(importOfSuits(system.root, "1001"));
  const signer = pemSigner(sealKey);
  const id = typeof signer === "string" ? "" : keyIdOf(signer.publicPem);
  expect(await exhibit("seal-keys")).toMatch(new RegExp(`${id}  ecdsa-p256  from 1 +signs`));
  expect(await exhibit("seal", import_id)).not.toContain("NOT TRUSTED");

  await expect(exhibit("seal-keys", "distrust", "ffff", "--why", "x")).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining(id.slice(0, 16)),
  });
  const why = "stolen from the office";
  const told = await exhibit("seal-keys", "distrust", id.slice(0, 8), "--from", "2", "--why", why);
  expect(told).toContain(`not trusted from entry 2 on: ${why}`);
  expect(await exhibit("seal", import_id)).toContain(`NOT TRUSTED: the key was distrusted`);
  const { items } = await system.get<{ items: AuditEvent[] }>("/v1/audit?what=distrust");
  expect(items).toMatchObject([{ subject: `register/keys/${id}`, why, details: { from: 2 } }]);
});
