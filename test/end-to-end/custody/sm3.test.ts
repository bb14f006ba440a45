import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FileView } from "@exhibit/contracts";
import { digestOf, newSealKey } from "@exhibit/custody";
import { dataFolder } from "@exhibit/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exhibitAt } from "../../support/exhibit.ts";
import { shellIn } from "../../support/shell.ts";
import { importOfSuits, type System, startSystem, writeTree } from "../../support/system.ts";

// GB/T 32905, appendix A.1.
const SM3_OF_ABC = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";

describe("Where a deployment digests by SM3", () => {
  let system: System;
  let importId: string;
  let desk: Awaited<ReturnType<typeof dataFolder>>;
  beforeAll(async () => {
    [system, desk] = await Promise.all([
      startSystem("embedded", {
        environment: { sealKey: newSealKey() },
        custody: { sm3: true },
      }),
      dataFolder("sm3"),
    ]);
    await writeTree(join(system.root, "1001"), { "合同/签字.txt": "abc", other: "two", empty: "" });
    importId = (await system.run(importOfSuits(system.root, "1001"))).import_id;
    await exhibit("seal", importId, "--files", desk.path);
  });
  afterAll(async () => {
    await system[Symbol.asyncDispose]();
    await desk.remove();
  });

  async function exhibit(...args: string[]): Promise<string> {
    return (await exhibitAt(system, args, { cwd: desk.path })).stdout;
  }

  const shell = (line: string) => shellIn(desk.path, line);

  test("each file has it, also one that was there already", async () => {
    const sm3Of = async (id: string) =>
      Object.fromEntries((await system.files(id)).map(({ path, sm3 }: FileView) => [path, sm3]));
    const expected = {
      "合同/签字.txt": SM3_OF_ABC,
      other: digestOf("two", "sm3"),
      empty: digestOf("", "sm3"),
    };
    expect(await sm3Of(importId)).toEqual(expected);
    const again = await system.run(importOfSuits(system.root, "1001"));
    expect(again).toMatchObject({ identical: 3, status: "sealed" });
    expect(await sm3Of(again.import_id)).toEqual(expected);
  });

  test("a stranger compares lists and seal by openssl, with the line of READ-ME.txt word for word", async () => {
    const readMe = await readFile(join(desk.path, "seal/READ-ME.txt"), "utf8");
    const line = /^ {3}(for list in .*)$/m.exec(readMe)?.[1] ?? "";
    const both = async () => (await shell(line)).stdout.match(/[0-9a-f]{64}/g) ?? [];
    const [made, sealed] = await both();
    expect(made).toBe(sealed);
    const acts = join(desk.path, "seal/acts.ndjson");
    const lines = await readFile(acts, "utf8");
    await writeFile(acts, lines.replace("create", "creote"));
    const [changed, still] = await both();
    await writeFile(acts, lines);
    expect(still).toBe(sealed);
    expect(changed).not.toBe(sealed);
  });

  test("a proof's second path is followed, and one that was changed proves nothing", async () => {
    await exhibit("prove", importId, "--path", "合同/签字.txt", "--to", "proof");
    await writeFile(join(desk.path, "file"), "abc");
    const check = () => shell("sh proof/seal/prove.sh proof/proof.txt proof/seal/seal.txt file");
    expect(await check()).toMatchObject({ code: 0 });
    const path = join(desk.path, "proof/proof.txt");
    const proof = await readFile(path, "utf8");
    const [, first = ""] = /^Path SM3: ([0-9a-f]{64})/m.exec(proof) ?? [];
    await writeFile(path, proof.replace(first, "0".repeat(64)));
    expect(await check()).toMatchObject({ code: 1 });
  });

  test("the bag is checked by both, and a verification that reads the ledger again finds the same", async () => {
    await exhibit("export", importId, "--to", "bag");
    expect(await exhibit("verify", "--bag", "bag")).toContain("In order.");
    expect(await exhibit("verify", importId)).toMatch(/same/i);
  });
});
