import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { leaksBelow, leaksIn, secretsOf } from "../faults/oracle/leaks.ts";

const token = { accessKeyId: "STS.1", accessKeySecret: "key-secret", securityToken: "CAIS-token" };
const secrets = secretsOf([token], ["app-secret"]);

test("a leak is told by where and what it is, and not by itself", () => {
  expect(leaksIn("the ledger", "… CAIS-token … app-secret …", secrets)).toEqual([
    { where: "the ledger", what: "the security token of STS.1" },
    { where: "the ledger", what: "secret 1 of the configuration" },
  ]);
  expect(leaksIn("the ledger", "the lease of STS.1", secrets)).toEqual([]);
});

test("a secret that lies across two pieces of a log is found", async () => {
  const folder = await mkdtemp(join(tmpdir(), "exhibit-leaks-"));
  const piece = 4 * 1024 * 1024;
  await writeFile(join(folder, "worker.log"), `${"x".repeat(piece - 5)}key-secret`);
  expect(await leaksBelow(folder, secrets)).toMatchObject([{ what: "the secret of STS.1" }]);
  await rm(folder, { recursive: true });
});
