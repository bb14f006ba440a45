import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { newSealKey } from "@exhibit/custody";
import { liftGuard } from "@exhibit/ledger/testing";
import { dataFolder } from "@exhibit/testkit";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { exhibitAt } from "../../support/exhibit.ts";
import { shellIn } from "../../support/shell.ts";
import {
  anyEngine,
  importOfSuits,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

/** Names that shells, `sha256sum` and JSON write in their own ways. */
const evidence: Record<string, string> = {
  "合同/100% 签字.txt": "abc",
  "a\\b.txt": "backslash",
  "line\nend.txt": "two lines",
  '"sha256":"00".txt': "quotes",
  "trailing space ": "space",
  "$(touch hacked)": "dollar",
  "-n": "dash",
};

describe.each(anyEngine)("A stranger, with openssl and sha256sum alone, on %s", (kind) => {
  let system: System;
  let importId: string;
  let desk: Awaited<ReturnType<typeof dataFolder>>;
  beforeAll(async () => {
    [system, desk] = await Promise.all([
      startSystem(kind, { environment: { sealKey: newSealKey() }, stamps: true }),
      dataFolder("stranger"),
    ]);
    await writeTree(join(system.root, "1001"), evidence);
    const { import_id } = await system.run(importOfSuits(system.root, "1001"));
    importId = import_id;
    await vi.waitFor(async () =>
      expect(await system.get(`/v1/imports/${importId}/seal`)).toMatchObject({ state: "stamped" }),
    );
    await exhibit("seal", importId, "--files", desk.path);
  });
  afterAll(async () => {
    await system[Symbol.asyncDispose]();
    await desk.remove();
  });

  /** Runs a command of ours against the system, and returns what it printed. */
  async function exhibit(...args: string[]): Promise<string> {
    const { stdout } = await exhibitAt(system, args, { cwd: desk.path });
    return stdout;
  }

  /** Runs a line of shell as the stranger would. */
  async function shell(line: string) {
    const { code, stdout } = await shellIn(desk.path, line);
    return { code, stdout };
  }

  /** The commands of READ-ME.txt, by the number of their step. */
  async function commands(): Promise<Map<number, string[]>> {
    const text = await readFile(join(desk.path, "seal/READ-ME.txt"), "utf8");
    const found = new Map<number, string[]>();
    let step = 0;
    for (const line of text.split("\n")) {
      step = Number(/^(\d) {2}[A-Z]/.exec(line)?.[1] ?? step);
      // A seal that is stamped itself needs no journal.
      if (line.includes("seal/journal")) continue;
      if (/^ {3}(openssl|printf|\(cd|sha256sum|sh |head=|while)/.test(line)) {
        found.set(step, [...(found.get(step) ?? []), line.trim()]);
      }
    }
    return found;
  }

  test("finds seal, lists, files and register in order by the lines of READ-ME.txt, word for word", async () => {
    for (const [path, bytes] of Object.entries(evidence)) {
      const file = join(desk.path, "data/1", path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, bytes);
    }
    const steps = await commands();
    expect([...steps.keys()]).toEqual([1, 2, 3, 4, 5, 6]);
    const [verify = "", fingerprint = ""] = steps.get(1) ?? [];
    expect(await shell(verify)).toEqual({ code: 0, stdout: "Verified OK\n" });
    const { stdout } = await shell(fingerprint);
    const [own, sealed] = stdout.split("\n").map((line) => /[0-9a-f]{64}/.exec(line)?.[0]);
    expect(own).toBe(sealed);
    // The authority's own certificate, and a time at which it was valid.
    await writeFile(join(desk.path, "sandbox-ca.pem"), system.sandbox.stamps.ca);
    const stamps = (steps.get(2) ?? []).map((line) =>
      line.replaceAll("NAME", "sandbox").replace("2026-11-30 01:02:03", "1 minute"),
    );
    expect(stamps).toHaveLength(3);
    for (const line of [...stamps, ...(steps.get(3) ?? []), ...(steps.get(4) ?? [])]) {
      expect(await shell(line), line).toMatchObject({ code: 0 });
    }
    const heads = (await shell((steps.get(6) ?? []).join("\n"))).stdout.trim().split("\n");
    const seal = await readFile(join(desk.path, "seal/seal.txt"), "utf8");
    const number = Number(/^Number: (\d+)$/m.exec(seal)?.[1]);
    expect(heads).toHaveLength(number);
    expect(heads.at(-2)).toBe(`${number - 1} ${/^Head before: (.*)$/m.exec(seal)?.[1]}`);
  });

  test("sees a changed file, list, seal or key", async () => {
    const steps = await commands();
    const changed = async (path: string, line: string) => {
      const file = join(desk.path, path);
      const bytes = await readFile(file);
      const other = Buffer.from(bytes);
      other.writeUInt8(other.readUInt8(other.length - 2) ^ 1, other.length - 2);
      await writeFile(file, other);
      const { code } = await shell(line);
      await writeFile(file, bytes);
      return code;
    };
    const [lists = "", contents = ""] = steps.get(3) ?? [];
    const [stamp = ""] = (steps.get(2) ?? []).map((line) => line.replaceAll("NAME", "sandbox"));
    expect(await changed("seal/seal.txt", stamp)).not.toBe(0);
    expect(await changed("seal/stamps/sandbox.tsr", stamp)).not.toBe(0);
    expect(await changed("data/1/-n", steps.get(4)?.[0] ?? "")).not.toBe(0);
    expect(await changed("seal/acts.ndjson", contents)).not.toBe(0);
    expect(await changed("seal/contents.txt", lists)).not.toBe(0);
    expect(await changed("seal/seal.txt", steps.get(1)?.[0] ?? "")).not.toBe(0);
    expect(await changed("seal/seal.sig", steps.get(1)?.[0] ?? "")).not.toBe(0);
  });

  test("checks the proof of one file in dash, busybox and bash", async () => {
    for (const [path, bytes] of Object.entries(evidence)) {
      const to = `proof ${Buffer.from(path).toString("hex")}`;
      await exhibit("prove", importId, "--path", path, "--to", to);
      const proof = await readFile(join(desk.path, to, "proof.txt"), "utf8");
      const forged = proof.replace('"state":"stored"', '"state":"waived"');
      for (const sh of ["dash", "busybox sh", "bash"]) {
        const line = `cd '${to}' && ${sh} seal/prove.sh proof.txt seal/seal.txt file`;
        const put = (name: string, text: string) => writeFile(join(desk.path, to, name), text);
        await put("file", bytes);
        expect(await shell(line), `${path} in ${sh}`).toMatchObject({ code: 0 });
        await put("file", `${bytes}.`);
        expect(await shell(line)).toMatchObject({ code: 1 });
        await put("proof.txt", forged);
        expect(await shell(line)).toEqual({
          code: 1,
          stdout: "NOT PROVED: the receipt is not part of this seal\n",
        });
        await put("proof.txt", proof);
      }
    }
  });
});

test.each(anyEngine)(
  "A ledger that was changed after the seal gives no proof, and its list breaks off, on %s",
  async (kind) => {
    await using system = await startSystem(kind);
    await writeTree(join(system.root, "1001"), { a: "1", b: "2" });
    const { import_id } = await system.run(importOfSuits(system.root, "1001"));
    const [first, second] = await system.files(import_id);
    const path = `/v1/imports/${import_id}`;
    const whole = await (await system.ask(`${path}/seal/receipts.ndjson`)).text();
    expect(whole.trim().split("\n")).toHaveLength(2);
    const { ledger } = system;
    await liftGuard(ledger, "acts");
    await sql`update files set etag = 'forged' where id = ${Number(first?.file_id)}`.execute(
      ledger.db,
    );
    const proof = await system.ask(`${path}/files/${second?.file_id}/proof`);
    expect(proof.status).toBe(409);
    expect(await proof.json()).toMatchObject({
      code: "SEAL_BROKEN",
      detail: expect.stringContaining('"a"'),
    });
    const cut = await system.ask(`${path}/seal/receipts.ndjson`);
    await expect(cut.text()).rejects.toThrow();
    await sql`update acts set who = 'nobody' where import_id = ${import_id}`.execute(ledger.db);
    await expect((await system.ask(`${path}/seal/acts.ndjson`)).text()).rejects.toThrow();
  },
);
