import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { entriesBelow } from "../bag/payload.ts";
import { readTrust, type Trust } from "../stamps/certificate.ts";
import { checkKeptStamp, tokenFault } from "../stamps/check-stamp.ts";
import type { SealOfBag } from "./check-seal.ts";
import type { Report } from "./finding.ts";

/** A stamp of a bag that is a time stamp of its text. */
export interface StampOfBag {
  readonly authority: string;
  /** The authority's time; undefined where the bag has no certificate, and none was given: it can't be checked. */
  readonly at: Date | undefined;
  /** Whose certificate it was checked against: one that was given, or the bag's own, which proves little. */
  readonly against: "given" | "bag" | "nothing";
}

/** The certificates of authorities that whoever checks has from them, by the authorities' names. */
export type Authorities = ReadonlyMap<string, Trust>;

/**
 * Checks the stamps of a text that lie in a folder of a bag. An authority whose certificate was given is
 * held to it; any other to the certificate that the bag brings. Returns those that are in order.
 */
export async function checkStamps(
  { bag, folder, text }: { bag: string; folder: string; text: string },
  { authorities, report }: { authorities: Authorities; report: Report },
): Promise<StampOfBag[]> {
  const stamps: StampOfBag[] = [];
  for await (const { path, isFile } of entriesBelow(bag, folder)) {
    const authority = /([^/]+)\.tsr$/.exec(path)?.[1];
    if (!isFile || authority === undefined) continue;
    const token = await readFile(join(bag, path));
    const given = authorities.get(authority);
    const own = `${folder}/${authority}-ca.pem`;
    const trust = given ?? (await trustIn(join(bag, own)));
    if (typeof trust === "string") {
      report({ where: own, what: `can't be used: ${trust}` });
      continue;
    }
    const checked =
      trust === undefined
        ? (tokenFault(token) ?? { at: undefined })
        : checkKeptStamp(token, text, trust);
    if ("kind" in checked) {
      report({ where: path, what: `is no stamp of it: ${checked.reason}` });
      continue;
    }
    const against = given ? "given" : trust ? "bag" : "nothing";
    stamps.push({ authority, at: checked.at, against });
  }
  return stamps;
}

/**
 * Checks the seal's stamps. Who gives an authority's certificate expects its stamp, of the seal or of the
 * journal behind it, so that one that was taken out of the bag is missed.
 */
export async function checkSealStamps(
  bag: string,
  { text }: SealOfBag,
  to: { authorities: Authorities; journal: readonly StampOfBag[]; report: Report },
): Promise<StampOfBag[]> {
  const folder = "seal/stamps";
  const stamps = await checkStamps({ bag, folder, text }, to);
  const found = new Set<string>();
  for await (const { path } of entriesBelow(bag, folder)) found.add(path);
  for (const name of to.authorities.keys()) {
    const where = `${folder}/${name}.tsr`;
    const isOfJournal = to.journal.some(({ authority }) => authority === name);
    if (!found.has(where) && !isOfJournal) to.report({ where, what: "is missing" });
  }
  return stamps;
}

/** Reads the certificates of a bag; undefined if there are none, and the reason if they can't be used. */
async function trustIn(path: string): Promise<Trust | string | undefined> {
  const pem = await readFile(path, "utf8").catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT") return undefined;
    throw thrown;
  });
  return pem === undefined ? undefined : readTrust(pem);
}
