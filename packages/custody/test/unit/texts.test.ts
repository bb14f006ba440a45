import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  canonicalJson,
  checkProof,
  digestLine,
  digestOf,
  isSignedBy,
  keyIdOf,
  leafHash,
  newSealKey,
  type Proof,
  pemSigner,
  readProof,
  readSeal,
  rootOf,
  type Seal,
  saltsOf,
  writeKeyEntry,
  writeProof,
  writeSeal,
} from "../../src/index.ts";
import { readEntry, writeEntry } from "../../src/register/entry-text.ts";
import { inclusionPath } from "../../src/tree/inclusion.ts";
import { newSigner, receiptsOf, sealOver } from "../seals.ts";

describe("a seal's text", () => {
  const full: Seal = sealOver(receiptsOf(["a", "b"]), {
    outcome: "cancelled",
    amends: { number: 1, digest: digestOf("before") },
    rootSm3: digestOf("root", "sm3"),
    contentsSm3: digestOf("contents", "sm3"),
    key: digestOf("key"),
  });

  test("has what is optional in its place, and reads as it was written", () => {
    const names = writeSeal(full)
      .split("\n")
      .map((line) => line.split(":")[0]);
    expect(names.slice(5, 7)).toEqual(["Outcome", "Amends"]);
    expect(names.slice(16, 20)).toEqual(["Root", "Root SM3", "Contents", "Contents SM3"]);
    expect(readSeal(writeSeal(full))).toEqual(full);
  });

  test.each<[string, (text: string) => string]>([
    ["without its last end of line", (text) => text.slice(0, -1)],
    ["with Windows' ends of lines", (text) => text.replaceAll("\n", "\r\n")],
    ["with two lines exchanged", (text) => text.replace(/(Files.*\n)(Bytes.*\n)/, "$2$1")],
    ["without a line", (text) => text.replace(/Waived.*\n/, "")],
    ["with a line twice", (text) => text.replace(/(Stored.*\n)/, "$1$1")],
    ["with a line more", (text) => `${text}Note: checked\n`],
    ["with a number that isn't written shortest", (text) => text.replace("Files: 2", "Files: 02")],
    ["with a digest in capitals", (text) => text.replace(full.root, full.root.toUpperCase())],
    ["of another version", (text) => text.replace("seal 1", "seal 2")],
    ["of another kind", (text) => text.replace("Exhibit seal", "Exhibit journal")],
  ])("%s it isn't a seal", (_, change) => {
    expect(() => readSeal(change(writeSeal(full)))).toThrow(/This isn't a/);
  });

  test("no value can bring a line of its own", () => {
    expect(() => writeSeal({ ...full, register: "a\nFiles: 9" })).toThrow(/an entry can't have/);
    expect(() => writeEntry({ kind: "journal", fields: [["a", "b"]] })).toThrow(RangeError);
    expect(() => readEntry("Exhibit will 1\n")).toThrow(/It begins with "Exhibit will 1"/);
  });
});

describe("a proof", () => {
  const lines = receiptsOf(["a", '"sha256":"00"', "合同/100% 签字.txt", "d\ne", "e"]);
  const text = writeSeal(sealOver(lines));
  const proof: Proof = {
    seal: digestOf(text),
    index: 2,
    leaves: 5,
    receipt: lines[2] as string,
    path: inclusionPath(
      lines.map((line) => leafHash(line)),
      2,
    ),
    pathSm3: [],
  };

  test("reads as it was written, and is part of its seal", () => {
    expect(readProof(writeProof(proof))).toEqual(proof);
    expect(checkProof(proof, text).root).toBe(sealOver(lines).root);
  });

  test("has a path by SM3 where the seal has a root by it, and both are checked", () => {
    const leaves = lines.map((line) => leafHash(line, "sm3"));
    const sealed = writeSeal({ ...sealOver(lines), rootSm3: rootOf(leaves, "sm3") });
    const pathSm3 = inclusionPath(leaves, 2, "sm3");
    const both: Proof = { ...proof, seal: digestOf(sealed), pathSm3 };
    expect(readProof(writeProof(both))).toEqual(both);
    expect(checkProof(both, sealed).leaves).toBe(5);
    for (const wrong of [[], pathSm3.toReversed(), proof.path]) {
      expect(() => checkProof({ ...both, pathSm3: wrong }, sealed)).toThrow(/By SM3/);
    }
  });

  test("of the only receipt has no path", () => {
    const [line = ""] = lines;
    const alone = writeSeal(sealOver([line]));
    const short = {
      seal: digestOf(alone),
      index: 0,
      leaves: 1,
      receipt: line,
      path: [],
      pathSm3: [],
    };
    expect(readProof(writeProof(short))).toEqual(short);
    expect(checkProof(short, alone).leaves).toBe(1);
  });

  test.each<[string, Partial<Proof>, RegExp]>([
    ["a changed receipt", { receipt: proof.receipt.replace('"size":3', '"size":4') }, /not part/],
    ["another place", { index: 3 }, /not part/],
    ["a place behind the end", { index: 5 }, /not part/],
    ["a step too few", { path: proof.path.slice(0, -1) }, /not part/],
    ["a step too many", { path: [...proof.path, digestOf("")] }, /not part/],
    ["another number of receipts", { leaves: 6 }, /of 6 receipts, and the seal of 5/],
    ["another seal's", { seal: digestOf("other") }, /another seal/],
  ])("with %s it is refused", (_, change, message) => {
    expect(() => checkProof({ ...proof, ...change }, text)).toThrow(message);
  });

  test.each([
    "",
    "Exhibit proof 1\n",
    `${writeProof(proof)}Path: x\n`,
    writeProof(proof).replace("Index: 2", "Index: -1"),
  ])("a text that isn't one is said to be none", (other) => {
    expect(() => readProof(other)).toThrow(/isn't a proof/);
  });
});

describe("keys", () => {
  test.each(["ec", "rsa", "ed25519"] as const)(
    "one of %s signs, and its public half checks",
    async (type) => {
      const signer = newSigner(type);
      const signature = await signer.sign("text\n");
      expect(signer.id).toBe(keyIdOf(signer.publicPem));
      expect(isSignedBy(signer.publicPem, "text\n", signature)).toBe(true);
      expect(isSignedBy(signer.publicPem, "Text\n", signature)).toBe(false);
      expect(isSignedBy(newSigner(type).publicPem, "text\n", signature)).toBe(false);
    },
  );

  test("what isn't taken is said, and nothing of it is shown", () => {
    const curve = generateKeyPairSync("ec", { namedCurve: "secp256k1" }).privateKey;
    const pem = curve.export({ type: "pkcs8", format: "pem" }).toString();
    expect(pemSigner(pem)).toMatch(/ECDSA over P-256/);
    expect(pemSigner("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n")).toBe(
      "it isn't a private key in PEM without a password",
    );
    expect(typeof pemSigner(newSealKey())).toBe("object");
  });

  test("a key's entry names the one that it replaces", () => {
    const entry = writeKeyEntry({
      register: "exhibit.example/1",
      number: 1,
      headBefore: digestOf("head"),
      newKey: digestOf("key"),
      replaces: "none",
      why: "the first key",
      by: "exhibit",
      madeBy: "exhibit 0.2.0",
    });
    expect(readEntry(entry).fields.map(([name]) => name)).toEqual([
      "Register",
      "Number",
      "Head before",
      "New key",
      "Replaces",
      "Why",
      "By",
      "Key",
      "Made by",
    ]);
  });
});

describe("lines", () => {
  test("canonical JSON has members by UTF-16, and numbers that all languages read", () => {
    expect(canonicalJson({ b: 1, a: [true, null, "\u0007"], "10": 2, "9": 3, c: undefined })).toBe(
      '{"10":2,"9":3,"a":[true,null,"\\u0007"],"b":1}',
    );
    expect(canonicalJson({ "\u{1f600}": 1, "\ufb33": 2 })).toBe('{"\u{1f600}":1,"\ufb33":2}');
    expect(() => canonicalJson(2 ** 53)).toThrow(RangeError);
    expect(() => canonicalJson(Number.NaN)).toThrow(RangeError);
    expect(canonicalJson([0.5, 1e-7, -0])).toBe("[0.5,1e-7,0]");
  });

  test("a name that sha256sum escapes is escaped as it does", () => {
    expect(digestLine("00", "data/1/a b")).toBe("00  data/1/a b");
    expect(digestLine("00", "data/1/a\\b\nc\rd")).toBe("\\00  data/1/a\\\\b\\nc\\rd");
  });

  test("salts differ by secret and by what they are for, also for long names", () => {
    const one = saltsOf(Buffer.alloc(32, 1));
    const two = saltsOf(Buffer.alloc(32, 2));
    const long = `1/${"合".repeat(2000)}`;
    const all = [one("1/a"), two("1/a"), one("1/b"), one(long), one(`${long}b`)];
    expect(new Set(all).size).toBe(5);
    expect(one(long)).toBe(
      digestOf(Buffer.concat([Buffer.alloc(32, 1), Buffer.from(long)])).slice(0, 32),
    );
  });
});
