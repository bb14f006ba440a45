import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  checkBag,
  digestOf,
  type Finding,
  firstHead,
  nextHead,
  readSeal,
  type VerificationEntry,
  writeBag,
  writeJournal,
  writeKeyEntry,
  writeVerification,
} from "../../src/index.ts";
import { partsOf } from "../bags.ts";
import { newSigner } from "../seals.ts";

const STAMPS = `1 tsa ${digestOf("a token")}\n`;
const FINDINGS = '{"kind":"missing","path":"a"}\n';
const old = newSigner("ec");
const signer = newSigner("ed25519");

/** Writes a bag with two keys, a verification and a journal, in which some files are others. */
async function writeOther(
  folder: string,
  changes: Partial<VerificationEntry> = {},
  files: Record<string, string | Buffer | undefined> = {},
  ofJournal: Partial<Parameters<typeof writeJournal>[0]> = {},
): Promise<void> {
  const parts = await partsOf([], signer);
  const seal = readSeal(parts.seal);
  const { register } = seal;
  const entries: string[] = [parts.seal];
  const next = () => ({
    ...{ register, number: entries.length + 1, madeBy: "exhibit 0.2.0" },
    headBefore: entries.reduce((head, text) => nextHead(head, digestOf(text)), firstHead(register)),
  });
  const keyEntry = { why: "the first key", by: "exhibit", replaces: "none" };
  entries.push(writeKeyEntry({ ...next(), ...keyEntry, newKey: old.id }));
  entries.push(writeKeyEntry({ ...next(), ...keyEntry, newKey: signer.id, replaces: old.id }));
  entries.push(
    writeVerification({
      ...{ ...next(), importId: seal.importId, against: "oss", means: ["list"] },
      seal: { number: 1, digest: digestOf(parts.seal) },
      ...{ beganAt: "2026-12-01T01:00:00.000Z", endedAt: "2026-12-01T02:00:00.000Z" },
      ...{ checked: 1, same: 0, differs: 0, missing: 1, younger: 0, extra: 0, unreadable: 0 },
      ...{ findings: digestOf(FINDINGS), by: "韩梅梅", key: signer.id, ...changes },
    }),
  );
  entries.push(
    writeJournal({
      ...{ ...next(), writtenAt: "2026-12-02T00:00:00.000Z", key: signer.id },
      acts: { count: 0, digest: digestOf("") },
      stamps: { count: 1, digest: digestOf(STAMPS) },
      ...ofJournal,
    }),
  );
  const [, first = "", second = "", verification = "", journal = ""] = entries;
  const others = {
    "keys/2/key.txt": first,
    "keys/2/key.sig": await old.sign(first),
    "keys/2/key.pem": old.publicPem,
    "keys/3/key.txt": second,
    "keys/3/key.sig": await signer.sign(second),
    "keys/3/key.pem": signer.publicPem,
    "keys/3/old.sig": await old.sign(second),
    "verifications/4/verification.txt": verification,
    "verifications/4/verification.sig": await signer.sign(verification),
    "verifications/4/key.pem": signer.publicPem,
    "verifications/4/findings.ndjson": FINDINGS,
    "journal/journal.txt": journal,
    "journal/journal.sig": await signer.sign(journal),
    "journal/key.pem": signer.publicPem,
    "journal/stamps.txt": STAMPS,
    ...files,
  };
  const kept = Object.entries(others).filter(([, body]) => body !== undefined);
  async function* lines() {
    for (const [index, text] of entries.entries()) yield `${index + 1} ${digestOf(text)}\n`;
  }
  await mkdir(folder);
  await writeBag(
    folder,
    { ...parts, register: lines(), others: Object.fromEntries(kept) as Record<string, string> },
    { names: "portable", info: {}, at: new Date("2026-12-01") },
  );
}

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "entries-"));
  await writeOther(join(scratch, "whole"));
});
afterAll(() => rm(scratch, { recursive: true }));

async function check(bag: string) {
  const found: Finding[] = [];
  const { verifications, journal } = await checkBag(bag, (finding) => found.push(finding));
  return { verifications, journal, found: found.map(({ where, what }) => `${where} ${what}`) };
}

async function findingsOf(
  ...with_: [
    Partial<VerificationEntry>?,
    Parameters<typeof writeOther>[2]?,
    Parameters<typeof writeOther>[3]?,
  ]
) {
  const bag = join(scratch, "other");
  await writeOther(bag, ...with_);
  const { found } = await check(bag);
  await rm(bag, { recursive: true });
  return found;
}

describe("The register's entries in a bag", () => {
  test("are in order: keys, what was verified, and the journal", async () => {
    const { verifications, journal, found } = await check(join(scratch, "whole"));
    expect(found).toEqual([]);
    const endedAt = "2026-12-01T02:00:00.000Z";
    expect(verifications).toEqual([
      { number: 4, endedAt, against: "oss", checked: 1, same: 0, stamps: [] },
    ]);
    const writtenAt = "2026-12-02T00:00:00.000Z";
    expect(journal).toEqual({ number: 5, writtenAt, commitsTo: [], stamps: [] });
  });

  test("have to be the register's own", async () => {
    const bag = join(scratch, "forged");
    await cp(join(scratch, "whole"), bag, { recursive: true });
    const path = join(bag, "seal/verifications/4/verification.txt");
    await writeFile(path, (await readFile(path, "utf8")).replace("Missing: 1", "Missing: 0"));
    expect((await check(bag)).found).toContain(
      "seal/verifications/4/verification.txt isn't entry 4 of seal/register.txt",
    );
  });

  test("have to be tied to what is before them: nothing else ties a journal to the seal", async () => {
    const at = "journal/journal.txt";
    expect(await findingsOf({}, {}, { headBefore: digestOf("elsewhere") })).toEqual([
      `seal/${at} isn't behind the entries of seal/register.txt that are before it`,
    ]);
    expect(await findingsOf({}, {}, { number: 6 })).toEqual([
      `seal/${at} isn't entry 6 of seal/register.txt`,
    ]);
    expect(await findingsOf({}, { "journal/stamps.txt": "1 tsa 00\n" })).toEqual([
      "seal/journal/stamps.txt isn't the list of stamps that the journal commits to",
    ]);
    expect(await findingsOf({}, { "journal/journal.sig": await old.sign("other") })).toEqual([
      "seal/journal/journal.sig isn't the signature of the key that it names",
    ]);
  });

  test("have to be signed by their keys, which the register has", async () => {
    const at = "verifications/4";
    expect(await findingsOf({}, { [`${at}/verification.sig`]: await old.sign("other") })).toEqual([
      `seal/${at}/verification.sig isn't the signature of the key that it names`,
    ]);
    expect(await findingsOf({}, { [`${at}/verification.sig`]: undefined })).toEqual([
      `seal/${at}/verification.sig is missing`,
    ]);
    expect(await findingsOf({}, { "keys/3/old.sig": await signer.sign("other") })).toEqual([
      "seal/keys/3/old.sig isn't the signature of the key that was replaced",
    ]);
    const without = Object.fromEntries(
      ["key.txt", "key.sig", "key.pem", "old.sig"].map((name) => [`keys/3/${name}`, undefined]),
    );
    const unknown = expect.stringContaining("which isn't among seal/keys");
    expect(await findingsOf({}, without)).toEqual([
      ...[unknown, unknown],
      "seal/keys has no entry that puts the seal's key on the register",
    ]);
    expect(await findingsOf({ key: "none" }, { [`${at}/key.pem`]: undefined })).toEqual([]);
  });

  test("of verifications are of this seal, and have what was found", async () => {
    const where = "seal/verifications/4/verification.txt is of another seal";
    expect(await findingsOf({ importId: "0193b1c2-6f00-7000-8000-000000000002" })).toEqual([where]);
    expect(await findingsOf({ seal: { number: 1, digest: digestOf("other") } })).toEqual([where]);
    expect(await findingsOf({ findings: digestOf("other") })).toEqual([
      "seal/verifications/4/findings.ndjson isn't what the verification found",
    ]);
  });
});
