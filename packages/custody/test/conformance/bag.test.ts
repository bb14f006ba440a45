import { appendFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bagPath, checkBag, digestOf, type Finding, writeBag } from "../../src/index.ts";
import { partsOf, storedReceipt, writeBagOf } from "../bags.ts";

/** Names that shells, Windows and validators of bags each read in their own ways. */
const evidence = {
  "-n": "dash",
  "a\\b.txt": "backslash",
  "a:b/plain.txt": "folder of a name that Windows doesn't take",
  "con.txt": "device",
  "line\nend.txt": "two lines",
  "plain.txt": "abc",
  "trailing\u3000": "ideographic space",
  "合同/100% 签字.txt": "percent",
};

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "bag-"));
  await writeBagOf(join(scratch, "whole"), evidence);
});
afterAll(() => rm(scratch, { recursive: true }));

async function check(bag: string) {
  const found: Finding[] = [];
  const result = await checkBag(bag, (finding) => found.push(finding));
  expect(result.findings).toBe(found.length);
  return { ...result, found };
}

/** Returns what is found in a copy of the whole bag after a change. */
async function findingsAfter(change: (bag: string) => Promise<unknown>): Promise<string[]> {
  const bag = join(scratch, "changed");
  await cp(join(scratch, "whole"), bag, { recursive: true });
  await change(bag);
  const { found } = await check(bag);
  await rm(bag, { recursive: true });
  return found.map(({ where, line = "", what }) => `${where} ${line} ${what}`);
}

/** Changes a text in a file of a bag, and the tag manifest with it: only the seal can tell then. */
async function forge(bag: string, name: string, from: string, to: string): Promise<void> {
  const path = join(bag, name);
  const before = await readFile(path, "utf8");
  expect(before).toContain(from);
  const after = before.replace(from, to);
  await writeFile(path, after);
  const tags = join(bag, "tagmanifest-sha256.txt");
  await writeFile(tags, (await readFile(tags, "utf8")).replace(digestOf(before), digestOf(after)));
}

describe("names in a bag", () => {
  const nameOf = (path: string) => bagPath(storedReceipt(path, ""), "portable");
  test("stay as they are where every system takes them", () => {
    for (const path of ["合同/签字.pdf", "a b/-n", "e\u0301.txt", ".hidden", "𠮷.txt", "$(x)'"])
      expect(nameOf(path)).toBe(`data/1/${path}`);
  });

  test("are changed where one doesn't, with what tells them apart behind them", () => {
    const changed = [
      "a%b",
      "a\nb",
      "a:b",
      "a\\b",
      "a ",
      " a",
      "a.",
      "a\u3000",
      "x/CON",
      "a\u0085b",
    ];
    const names = changed.map(nameOf);
    for (const [index, name] of names.entries()) {
      const { salt } = storedReceipt(changed[index] ?? "", "");
      expect(name).toMatch(new RegExp(`\\.${salt.slice(0, 8)}$`));
      expect(name.slice(0, -9)).not.toMatch(/[%\n:\\\u0085]|[ .\u3000]$|^data\/1\/ /);
    }
    expect(new Set(names).size).toBe(names.length);
    expect(nameOf("x/CON")).toMatch(/^data\/1\/x\/_CON\./);
  });

  test("have room in a file system, also when they were as long as can be", () => {
    const [last = ""] = nameOf(`${"签".repeat(84)}%ab`)
      .split("/")
      .reverse();
    expect(Buffer.byteLength(last)).toBeLessThanOrEqual(255);
  });

  test("that aren't UTF-8 on the disk are changed in both ways, since others may look the same", () => {
    const receipt = { ...storedReceipt("a\ufffd", ""), raw_path: "a\\xff" };
    expect(bagPath(receipt, "original")).toMatch(/\.[0-9a-f]{8}$/);
  });
});

describe("a bag", () => {
  test("is in order as it was written, in both ways of naming", async () => {
    const { found, ...rest } = await check(join(scratch, "whole"));
    expect(found).toEqual([]);
    expect(rest).toMatchObject({ files: 8, notFetched: 0, withheld: 0, proofs: 0 });
    await writeBagOf(join(scratch, "original"), evidence, { names: "original" });
    expect((await check(join(scratch, "original"))).found).toEqual([]);
    const manifest = await readFile(join(scratch, "original/manifest-sha256.txt"), "utf8");
    expect(manifest).toContain("  data/1/line%0Aend.txt\n");
    expect(manifest).toContain("  data/1/合同/100%25 签字.txt\n");
  });

  test("says what it is, and where its files can be had, without credentials", async () => {
    const info = await readFile(join(scratch, "whole/bag-info.txt"), "utf8");
    expect(info).toContain("External-Identifier: 0193b1c2-6f00-7000-8000-000000000001\n");
    const bytes = Object.values(evidence).join("").length;
    expect(info).toContain(`Payload-Oxum: ${bytes}.8\n`);
    const fetch = await readFile(join(scratch, "whole/fetch.txt"), "utf8");
    expect(fetch).toContain(
      "https://evidence.oss-cn-hangzhou.aliyuncs.com/suit/1001/plain.txt 3 data/1/plain.txt\n",
    );
  });

  test("without its payload has nothing wrong, and says how many files are to be fetched", async () => {
    const bag = join(scratch, "holey");
    await writeBagOf(bag, evidence, { withoutPayload: true });
    expect(await check(bag)).toMatchObject({ found: [], files: 8, notFetched: 8 });
    await rm(join(bag, "fetch.txt"));
    expect((await check(bag)).found).toContainEqual({ where: "data/1/-n", what: "is missing" });
  });

  test("that shows some files only proves them, and names no other", async () => {
    const bag = join(scratch, "partial");
    await writeBagOf(bag, evidence, { files: new Set(["1/plain.txt", "1/-n"]) });
    expect(await check(bag)).toMatchObject({ found: [], files: 2, withheld: 7, proofs: 2 });
    const receipts = await readFile(join(bag, "seal/receipts.ndjson"), "utf8");
    expect(receipts.match(/^\{"leaf":"[0-9a-f]{64}"\}$/gm)).toHaveLength(7);
    for (const list of ["receipts.ndjson", "names.txt", "contents.txt"]) {
      expect(await readFile(join(bag, "seal", list), "utf8")).not.toMatch(/签字|locked|Privileged/);
    }
    await expect(readFile(join(bag, "seal/acts.ndjson"))).rejects.toThrow("ENOENT");
  });

  test("isn't made of receipts that aren't the seal's", async () => {
    const parts = await partsOf([storedReceipt("a", "1")]);
    const order = { names: "portable", info: {}, at: new Date() } as const;
    for (const files of [undefined, new Set(["1/b"])]) {
      const bag = join(scratch, `wrong ${files?.size}`);
      await mkdir(bag);
      const lines = (await partsOf([storedReceipt("b", "2")])).receipts;
      const made = writeBag(bag, { ...parts, receipts: lines }, { ...order, files });
      await expect(made).rejects.toMatchObject({ code: "SEAL_BROKEN" });
    }
  });

  test("is no bag without its first file", async () => {
    await expect(check(scratch)).rejects.toMatchObject({ code: "REQUEST_INVALID" });
  });
});

describe("a check of a bag finds", () => {
  test("a file of the payload that was changed, cut, taken away or added, by its name", async () => {
    const plain = (bag: string) => join(bag, "data/1/plain.txt");
    expect(await findingsAfter((bag) => writeFile(plain(bag), "abd"))).toEqual([
      "data/1/plain.txt  has other bytes than its receipt says",
    ]);
    expect(await findingsAfter((bag) => appendFile(plain(bag), "d"))).toEqual([
      "data/1/plain.txt  has 4 bytes instead of 3",
    ]);
    const gone = async (bag: string) => {
      await rm(plain(bag));
      await forge(
        bag,
        "fetch.txt",
        "https://evidence.oss-cn-hangzhou.aliyuncs.com/suit/1001/plain.txt 3 data/1/plain.txt\n",
        "",
      );
    };
    expect(await findingsAfter(gone)).toContainEqual(
      expect.stringMatching(/^fetch.txt 6 isn't what/),
    );
    expect(await findingsAfter((bag) => writeFile(join(bag, "data/1/more"), ""))).toEqual([
      "data/1/more  isn't in manifest-sha256.txt",
    ]);
    expect(await findingsAfter((bag) => symlink("plain.txt", join(bag, "data/1/link")))).toEqual([
      "data/1/link  is neither a file nor a folder",
    ]);
  });

  test("a tag file that was changed, taken away or added", async () => {
    const changed = await findingsAfter((bag) => appendFile(join(bag, "seal/READ-ME.txt"), "x"));
    expect(changed).toEqual([
      expect.stringMatching(/^seal\/READ-ME.txt {2}has other bytes than line \d+ of tagmanifest/),
    ]);
    expect(await findingsAfter((bag) => rm(join(bag, "seal/prove.sh")))).toEqual([
      expect.stringMatching(/^tagmanifest-sha256.txt \d+ names seal\/prove.sh, which is missing/),
    ]);
    expect(await findingsAfter((bag) => writeFile(join(bag, "seal/more"), ""))).toEqual([
      "seal/more  isn't in tagmanifest-sha256.txt",
    ]);
  });

  test.each([
    [
      "seal/receipts.ndjson",
      '"size":3',
      '"size":4',
      "seal/receipts.ndjson  doesn't make the seal's root",
    ],
    [
      "seal/receipts.ndjson",
      "Privileged",
      "Lost",
      "seal/receipts.ndjson  isn't the list that was sealed",
    ],
    ["seal/acts.ndjson", "韩梅梅", "李雷", "seal/acts.ndjson  isn't the list"],
    ["seal/contents.txt", "acts", "Acts", "seal/contents.txt  isn't what the seal"],
    [
      "seal/sha256sum.txt",
      "data/1/plain",
      "data/1/other",
      "seal/sha256sum.txt 6 isn't what the receipts say",
    ],
    ["seal/names.txt", "100%", "99%", "seal/names.txt"],
    [
      "manifest-sha256.txt",
      "data/1/plain",
      "data/1/other",
      "manifest-sha256.txt 6 isn't what the receipts say",
    ],
    ["fetch.txt", "suit/1001/plain", "suit/1002/plain", "fetch.txt 6 isn't what the receipts say"],
    [
      "bag-info.txt",
      "Seal-Number: 1",
      "Seal-Number: 2",
      "bag-info.txt  has Exhibit-Seal-Number: 2",
    ],
    ["seal/seal.txt", "Files: 9", "Files: 8", "seal/seal.sig  isn't the key's signature"],
    ["seal/seal.txt", "Outcome", "outcome", "seal/seal.txt  can't be read"],
    ["seal/register.txt", "1 ", "2 ", "seal/register.txt 1 isn't entry 1"],
  ])("a change of %s that its manifest doesn't show", async (name, from, to, finding) => {
    const found = await findingsAfter((bag) => forge(bag, name, from, to));
    expect(found).toContainEqual(expect.stringContaining(finding));
  });

  test("another key, and a register that leads elsewhere", async () => {
    const other = await partsOf([]);
    const key = await findingsAfter((bag) =>
      writeFile(join(bag, "seal/key.pem"), other.signed?.publicPem ?? ""),
    );
    expect(key).toContainEqual("seal/key.pem  isn't the key that the seal names");
    const register = await findingsAfter((bag) =>
      writeFile(join(bag, "seal/register.txt"), `1 ${"0".repeat(64)}\n`),
    );
    expect(register).toContainEqual(expect.stringContaining("doesn't lead to the seal"));
  });

  test("a proof of something else", async () => {
    const bag = join(scratch, "partial proofs");
    await writeBagOf(bag, evidence, { files: new Set(["1/plain.txt"]) });
    await forge(bag, "seal/proofs/5.txt", '"size":3', '"size":4');
    expect((await check(bag)).found).toEqual([
      { where: "seal/proofs/5.txt", what: expect.stringContaining("not part of the seal") },
    ]);
  });
});
