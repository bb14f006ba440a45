import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  contentsOf,
  type DigestName,
  digestOf,
  type ListName,
  leafHash,
  listNames,
  readPage,
  rootOf,
  writeProof,
  writeSeal,
} from "../../src/index.ts";
import { inclusionPath } from "../../src/tree/inclusion.ts";
import { receiptsOf, sealOver } from "../seals.ts";

const run = promisify(execFile);
const shells = ["dash", "busybox sh"];

/** Receipts of files with the bytes `abc`, which say their SM3, too: as the standard has it. */
const SM3_OF_ABC = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";
const receipts = receiptsOf(Array.from({ length: 5 }, (_, index) => `${index} 100%.txt`)).map(
  (line) => line.replace('"source"', `"sm3":"${SM3_OF_ABC}","source"`),
);
const leavesBy = (name: DigestName) => receipts.map((line) => leafHash(line, name));
const seal = writeSeal(
  sealOver(receipts, {
    rootSm3: rootOf(leavesBy("sm3"), "sm3"),
    contentsSm3: digestOf("contents", "sm3"),
  }),
);

function proofOf(index: number): string {
  return writeProof({
    ...{ seal: digestOf(seal), index, leaves: receipts.length },
    receipt: receipts[index] as string,
    path: inclusionPath(leavesBy("sha256"), index),
    pathSm3: inclusionPath(leavesBy("sm3"), index, "sm3"),
  });
}

let desk: string;
beforeAll(async () => {
  desk = await mkdtemp(join(tmpdir(), "prove-"));
  await write("prove.sh", await readPage("prove.sh"));
  await write("root.py", await readPage("root.py"));
  await write("file", "abc");
});
afterAll(() => rm(desk, { recursive: true }));

const write = (name: string, text: string) => writeFile(join(desk, name), text);

/** Returns what `prove.sh` says of a proof, and what it ends with. */
async function proved(shell: string, { proof = proofOf(4), of = seal, file = "abc" } = {}) {
  await Promise.all([write("proof.txt", proof), write("seal.txt", of), write("file", file)]);
  const [command = "", ...options] = shell.split(" ");
  const args = [...options, "prove.sh", "proof.txt", "seal.txt", "file"];
  return await run(command, args, { cwd: desk, env: { PATH: process.env.PATH } }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    ({ code, stdout }) => ({ code: code as number, stdout: `${stdout}` }),
  );
}

/** Exchanges a digit of the first path by SM3. */
const otherPath = (text: string) =>
  text.replace(/Path SM3: (.)/, (_, digit) => `Path SM3: ${digit === "0" ? "1" : "0"}`);
const byOldSeal = writeSeal(sealOver(receipts));

describe.each(shells)("prove.sh of a seal that has a root by SM3, in %s", (shell) => {
  test("follows both paths, and digests the file by both", async () => {
    // The last leaf has the shortest path, and is its own parent on the way; the others are ordinary.
    for (const index of [4, 1]) {
      const { code, stdout } = await proved(shell, { proof: proofOf(index) });
      expect(code, stdout).toBe(0);
      expect(stdout).toContain("by SHA-256 and by SM3");
    }
  });

  test("refuses a path by SM3 that is changed, cut off, lengthened or left out", async () => {
    const proof = proofOf(4);
    const last = proof.trimEnd().split("\n").at(-1);
    const bad = [
      otherPath(proof),
      proof.replace(/Path SM3: .*\n$/, ""),
      `${proof}${last}\n`,
      proof.replaceAll(/Path SM3: .*\n/g, ""),
    ];
    for (const each of bad) {
      expect(await proved(shell, { proof: each })).toEqual({
        code: 1,
        stdout: "NOT PROVED: by SM3, the receipt is not part of this seal\n",
      });
    }
  });

  test("refuses what the first path doesn't prove, and a file with other bytes", async () => {
    const forged = proofOf(4).replace('"state":"stored"', '"state":"waived"');
    expect((await proved(shell, { proof: forged })).stdout).toMatch(/^NOT PROVED: the receipt/);
    expect((await proved(shell, { proof: proofOf(4).replace("Index: 4", "Index: 5") })).code).toBe(
      1,
    );
    expect((await proved(shell, { file: "abd" })).stdout).toMatch(/NOT PROVED: file has other/);
  });

  test("follows one path where the seal has one root", async () => {
    const proof = proofOf(4).replaceAll(/Path SM3: .*\n/g, "");
    const { code, stdout } = await proved(shell, { proof, of: byOldSeal });
    expect(code, stdout).toBe(0);
    expect(stdout).not.toContain("by SM3");
  });
});

test("A receipt whose SM3 isn't the file's isn't proved by the file, though its SHA-256 is", async () => {
  const [line = ""] = receipts;
  const wrong = line.replace(SM3_OF_ABC, digestOf("abd", "sm3"));
  const of = writeSeal(sealOver([wrong], { rootSm3: leafHash(wrong, "sm3") }));
  const proof = writeProof({
    ...{ seal: digestOf(of), index: 0, leaves: 1, receipt: wrong, path: [], pathSm3: [] },
  });
  expect((await proved("dash", { proof, of })).stdout).toContain(
    "NOT PROVED: by SM3, file has other bytes",
  );
});

test("root.py makes the root by either", async () => {
  await write("receipts.ndjson", `${receipts.join("\n")}\n`);
  const of = async (...by: string[]) =>
    (await run("python3", ["root.py", "receipts.ndjson", ...by], { cwd: desk })).stdout;
  expect(await of()).toBe(`Leaves: 5\nRoot: ${rootOf(leavesBy("sha256"))}\n`);
  expect(await of("sm3")).toBe(`Leaves: 5\nRoot SM3: ${rootOf(leavesBy("sm3"), "sm3")}\n`);
});

test("The lines of both READ-MEs make the digest of the lists by SM3", async () => {
  const digests = Object.fromEntries(listNames.map((name) => [name, digestOf(name, "sm3")]));
  await mkdir(join(desk, "seal"));
  for (const name of listNames) await write(`seal/${name}`, name);
  const contentsSm3 = digestOf(contentsOf(digests as Record<ListName, string>), "sm3");
  await write("seal/seal.txt", writeSeal(sealOver(receipts, { contentsSm3 })));
  for (const of of ["seal", "bag"] as const) {
    const page = await readPage("READ-ME.txt", of);
    const line = page.split("\n").find((each) => each.includes("dgst -sm3")) ?? "";
    const { stdout } = await run("dash", ["-c", line], { cwd: desk });
    expect(stdout).toBe(`${contentsSm3} *stdin\nContents SM3: ${contentsSm3}\n`);
  }
});
