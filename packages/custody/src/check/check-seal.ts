import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { linesOf } from "../bag/lines-of.ts";
import { entriesBelow } from "../bag/payload.ts";
import { digestOf, type HexDigest } from "../digest/digest.ts";
import { digestLine } from "../lines/digest-line.ts";
import { listNames } from "../lines/lists.ts";
import { checkProof, readProof } from "../proof/proof-text.ts";
import { firstHead, nextHead } from "../register/chain.ts";
import { readCertificates } from "../register/key-certificate.ts";
import { readSeal, type Seal } from "../register/seal-text.ts";
import { isSignedBy, keyIdOf } from "../register/signing.ts";
import type { Report } from "./finding.ts";

/** A seal that was read, with its text. */
export interface SealOfBag {
  readonly seal: Seal;
  readonly text: string;
}

/** Reads a bag's seal; what is wrong with it is reported, and then it is undefined. */
export async function readSealOfBag(bag: string, report: Report): Promise<SealOfBag | undefined> {
  const where = "seal/seal.txt";
  const text = await textOf(bag, where, report);
  if (text === undefined) return undefined;
  try {
    return { seal: readSeal(text), text };
  } catch (thrown) {
    report({ where, what: `can't be read: ${messageOf(thrown)}` });
    return undefined;
  }
}

/** Checks the seal's signature. A seal that says that nobody signed it has none. */
export async function checkSignature(
  bag: string,
  { seal, text }: SealOfBag,
  report: Report,
): Promise<void> {
  if (seal.key === "none") return;
  const key = await textOf(bag, "seal/key.pem", report);
  const signature = await bytesOf(bag, "seal/seal.sig", report);
  if (key === undefined || signature === undefined) return;
  try {
    if (keyIdOf(key) !== seal.key)
      report({ where: "seal/key.pem", what: "isn't the key that the seal names" });
    else if (!isSignedBy(key, text, signature))
      report({ where: "seal/seal.sig", what: "isn't the key's signature of the seal" });
  } catch {
    report({ where: "seal/key.pem", what: "isn't a public key" });
  }
}

/** Checks that a certificate, if the bag has one, is that of the seal's key. */
export async function checkCertificate(
  bag: string,
  { seal }: SealOfBag,
  { digests, report }: { digests: ReadonlyMap<string, HexDigest>; report: Report },
): Promise<void> {
  const where = "seal/certificate.pem";
  if (!digests.has(where)) return;
  const certificates = readCertificates((await textOf(bag, where, report)) ?? "");
  if (typeof certificates === "string")
    return report({ where, what: `can't be used: ${certificates}` });
  const [own] = certificates;
  if (own === undefined || keyIdOf(own.publicKey) !== seal.key)
    report({ where, what: "isn't the certificate of the seal's key" });
}

/**
 * Checks that the lists are those of the seal. Of a bag that shows some receipts only, those that are
 * there and whole.
 */
export async function checkContents(
  bag: string,
  { seal }: SealOfBag,
  {
    digests,
    isPartial,
    report,
  }: { digests: ReadonlyMap<string, HexDigest>; isPartial: boolean; report: Report },
): Promise<void> {
  const contents = await textOf(bag, "seal/contents.txt", report);
  if (contents === undefined) return;
  if (digestOf(contents) !== seal.contents)
    report({ where: "seal/contents.txt", what: "isn't what the seal has the digest of" });
  for (const name of listNames) {
    const where = `seal/${name}`;
    const digest = digests.get(where);
    // Receipts of which some are withheld have other bytes; the tree's root proves them.
    if (isPartial && (digest === undefined || name === "receipts.ndjson")) continue;
    if (digest === undefined) report({ where, what: "is missing" });
    else if (!contents.split("\n").includes(digestLine(digest, name)))
      report({ where, what: "isn't the list that was sealed" });
  }
}

/** An entry as `register.txt` has it. */
export interface ListedEntry {
  readonly digest: HexDigest;
  /** Of the chain before it. */
  readonly headBefore: HexDigest;
}

/**
 * Checks that the register's lines lead to the seal. Returns the entries that are asked for by
 * their numbers, as far as they are there.
 */
export async function checkRegister(
  bag: string,
  { seal, text }: SealOfBag,
  { wanted, report }: { wanted: ReadonlySet<number>; report: Report },
): Promise<Map<number, ListedEntry>> {
  const where = "seal/register.txt";
  const found = new Map<number, ListedEntry>();
  let head = firstHead(seal.register);
  let line = 0;
  try {
    for await (const entry of linesOf(join(bag, where))) {
      line += 1;
      const [, number, digest] = /^(\d{1,15}) ([0-9a-f]{64})$/.exec(entry) ?? [];
      if (digest === undefined || Number(number) !== line) {
        report({ where, line, what: `isn't entry ${line} of a register` });
        return found;
      }
      if (line === seal.number && (head !== seal.headBefore || digest !== digestOf(text))) {
        const what = "doesn't lead to the seal: an entry before it, or the seal, was exchanged";
        report({ where, line, what });
        return found;
      }
      if (wanted.has(line)) found.set(line, { digest, headBefore: head });
      head = nextHead(head, digest);
    }
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "ENOENT") throw thrown;
    report({ where, what: "is missing" });
    return found;
  }
  if (line < seal.number)
    report({ where, what: `ends at ${line}, before the seal's number ${seal.number}` });
  return found;
}

/** Checks the proofs of single files. Returns how many there are. */
export async function checkProofs(
  bag: string,
  { text }: SealOfBag,
  report: Report,
): Promise<number> {
  let proofs = 0;
  for await (const { path } of entriesBelow(bag, "seal/proofs")) {
    proofs += 1;
    try {
      checkProof(readProof(await readFile(join(bag, path), "utf8")), text);
    } catch (thrown) {
      report({ where: path, what: `proves nothing: ${messageOf(thrown)}` });
    }
  }
  return proofs;
}

/** Reads a small file of a bag; one that isn't there is reported. */
export async function textOf(
  bag: string,
  where: string,
  report: Report,
): Promise<string | undefined> {
  return (await bytesOf(bag, where, report))?.toString("utf8");
}

/** Does the same with bytes. */
export async function bytesOf(
  bag: string,
  where: string,
  report: Report,
): Promise<Buffer | undefined> {
  try {
    return await readFile(join(bag, where));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "ENOENT") throw thrown;
    report({ where, what: "is missing" });
    return undefined;
  }
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
