import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ExhibitError } from "@exhibit/contracts";
import { type BagInfo, bagitText, readBagInfo } from "../bag/bag-info.ts";
import { digestOf } from "../digest/digest.ts";
import type { Seal } from "../register/seal-text.ts";
import {
  checkEntries,
  type JournalOfBag,
  readEntries,
  type VerificationOfBag,
} from "./check-entries.ts";
import { expectedFiles, type ReceiptsFound } from "./check-lists.ts";
import { PayloadCheck } from "./check-payload.ts";
import {
  checkCertificate,
  checkContents,
  checkProofs,
  checkRegister,
  checkSignature,
  readSealOfBag,
  type SealOfBag,
  textOf,
} from "./check-seal.ts";
import { type Authorities, checkSealStamps, type StampOfBag } from "./check-stamps.ts";
import { checkTags } from "./check-tags.ts";
import type { Finding, Report } from "./finding.ts";

/** What a check of a bag came to. */
export interface BagCheck {
  /** How many things are wrong. */
  findings: number;
  /** Undefined for a seal that can't be read: nothing but the bag's own manifest was checked then. */
  seal: Seal | undefined;
  /** How many files of the payload the bag has or names. */
  files: number;
  /** How many of them it only names. */
  notFetched: number;
  /** How many receipts it doesn't show. */
  withheld: number;
  proofs: number;
  /** The seal's time stamps that are in order, or can't be checked. */
  stamps: readonly StampOfBag[];
  /** Those of the import that the bag has, the first one first. */
  verifications: readonly VerificationOfBag[];
  /** The journal of the register that is stamped in the seal's place, or as well. */
  journal: JournalOfBag | undefined;
}

/**
 * Checks a bag from the files in its folder alone, in flat memory: payload, manifests, lists, root,
 * signature, register with its keys, time stamps, verifications and proofs. What is wrong is handed to
 * `onFinding`, one by one. Whose key it is has to be checked apart, and so have certificates that only
 * the bag brings.
 *
 * @param withPayload false while the payload isn't there yet
 * @param authorities the certificates of those who have to have stamped the seal
 * @throws REQUEST_INVALID for a folder that isn't a bag, and the operating system's errors
 */
export async function checkBag(
  bag: string,
  onFinding: Report,
  {
    withPayload = true,
    authorities = new Map(),
  }: { withPayload?: boolean; authorities?: Authorities } = {},
): Promise<BagCheck> {
  await checkIsBag(bag);
  let findings = 0;
  const report = (finding: Finding) => {
    findings += 1;
    onFinding(finding);
  };
  const digests = await checkTags(bag, report);
  const sealed = await readSealOfBag(bag, report);
  const none = { files: 0, notFetched: 0, withheld: 0, proofs: 0 };
  if (sealed === undefined)
    return {
      findings,
      seal: undefined,
      ...none,
      stamps: [],
      verifications: [],
      journal: undefined,
    };
  const info = readBagInfo((await textOf(bag, "bag-info.txt", report)) ?? "");
  const isPartial = info["Exhibit-Disclosure"] !== "all";
  await checkSignature(bag, sealed, report);
  await checkCertificate(bag, sealed, { digests, report });
  await checkContents(bag, sealed, { digests, isPartial, report });
  const entries = await readEntries(bag);
  const wanted = new Set(entries.map(({ number }) => number));
  const listed = await checkRegister(bag, sealed, { wanted, report });
  const { verifications, journal } = await checkEntries(bag, sealed, {
    ...{ entries, listed, digests, authorities, report },
  });
  const stamps = await checkSealStamps(bag, sealed, {
    authorities,
    journal: journal?.stamps ?? [],
    report,
  });
  const proofs = await checkProofs(bag, sealed, report);
  if (!digests.has("seal/receipts.ndjson"))
    return { findings, seal: sealed.seal, ...none, proofs, stamps, verifications, journal };
  const { found, notFetched } = await checkFiles(bag, info, {
    ...{ withPayload, report },
    withSm3: sealed.seal.rootSm3 !== undefined,
  });
  compare(sealed.seal, found, { isPartial, report });
  compareInfo(info, sealed, found, report);
  return {
    findings,
    seal: sealed.seal,
    files: found.files,
    notFetched,
    withheld: found.withheld,
    proofs,
    stamps,
    verifications,
    journal,
  };
}

async function checkIsBag(bag: string): Promise<void> {
  const place = await lstat(join(bag, "bagit.txt")).catch(() => undefined);
  const text = place?.isFile() ? await readFile(join(bag, "bagit.txt"), "utf8") : undefined;
  if (text === bagitText) return;
  const what =
    text === undefined ? "it has no bagit.txt" : "its bagit.txt isn't of BagIt 1.0 and UTF-8";
  throw new ExhibitError("REQUEST_INVALID", `${bag} isn't a bag: ${what}.`);
}

async function checkFiles(
  bag: string,
  info: BagInfo,
  { withPayload, withSm3, report }: { withPayload: boolean; withSm3: boolean; report: Report },
) {
  const names = info["Exhibit-Names"] === "original" ? "original" : "portable";
  const payload = new PayloadCheck(bag, report);
  const expected = expectedFiles(bag, { names, withSm3 }, report);
  for (;;) {
    const { value, done } = await expected.next();
    if (done) {
      if (withPayload) await payload.end();
      return { found: value, notFetched: payload.notFetched };
    }
    if (withPayload) await payload.add(value);
  }
}

/** Compares what was found in the receipts with what the seal says of them. */
function compare(
  seal: Seal,
  { root, rootSm3, leaves, states }: ReceiptsFound,
  { isPartial, report }: { isPartial: boolean; report: Report },
): void {
  const where = "seal/receipts.ndjson";
  if (leaves !== seal.leaves)
    report({ where, what: `has ${leaves} lines, and the seal says ${seal.leaves}` });
  else if (root !== seal.root)
    report({ where, what: "doesn't make the seal's root: a line was changed" });
  if (isPartial) return;
  if (seal.rootSm3 !== undefined && rootSm3 !== seal.rootSm3)
    report({ where, what: "doesn't make the seal's root by SM3" });
  for (const state of ["stored", "identical", "waived", "skipped"] as const) {
    if (states[state] !== seal[state])
      report({ where, what: `has ${states[state]} ${state}, and the seal says ${seal[state]}` });
  }
}

function compareInfo(
  info: BagInfo,
  { seal, text }: SealOfBag,
  { files, bytes }: ReceiptsFound,
  report: Report,
): void {
  const expected = {
    "External-Identifier": seal.importId,
    "Payload-Oxum": `${bytes}.${files}`,
    "Exhibit-Seal-Number": String(seal.number),
    "Exhibit-Seal-SHA256": digestOf(text),
  } satisfies BagInfo;
  for (const [name, value] of Object.entries(expected)) {
    const found = info[name as keyof typeof expected];
    if (found !== value)
      report({
        where: "bag-info.txt",
        what: `has ${name}: ${found ?? "(nothing)"}, which has to be ${value}`,
      });
  }
}
