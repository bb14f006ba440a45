import { readFile } from "node:fs/promises";
import {
  type Authorities,
  checkBag,
  type JournalOfBag,
  readTrust,
  type StampOfBag,
  type VerificationOfBag,
} from "@exhibit/custody";
import { badUse, exitCodes } from "../../output/exit-codes.ts";
import { formatCount, formatTime } from "../../output/format.ts";
import type { Terminal } from "../../output/terminal.ts";

/** How many findings are listed; all of them count. */
const SHOWN = 100;

/**
 * Checks a bag and says what is wrong with it. `cas` are the files with the certificates of authorities
 * of time stamps, by their names. Returns the exit code.
 */
export async function verifyBag(
  bag: string,
  cas: Readonly<Record<string, string>>,
  terminal: Terminal,
): Promise<number> {
  const authorities = await readAuthorities(cas);
  const shown: unknown[] = [];
  const check = await checkBag(
    bag,
    (finding) => {
      if (shown.push(finding) > SHOWN) return void shown.pop();
      const { where, line, what } = finding;
      terminal.say(`${where}${line === undefined ? "" : ` line ${line}`}: ${what}.`);
    },
    { authorities },
  );
  const { seal, files, withheld, notFetched, proofs, stamps, verifications, journal, findings } =
    check;
  if (findings > SHOWN) terminal.say(`… and ${formatCount(findings - SHOWN, "more finding")}.`);
  if (seal) {
    terminal.say(`Seal ${seal.number} of ${seal.register}, import ${seal.importId}`);
    terminal.say(
      `  ${formatCount(files, "file")}, ${formatCount(seal.leaves - withheld, "receipt")} of ${seal.leaves} shown, ${formatCount(proofs, "proof")}`,
    );
    terminal.say(seal.key === "none" ? "  not signed" : `  key ${seal.key}`);
    for (const stamp of stamps) terminal.say(`  ${stampWords(stamp)}`);
    if (journal) for (const line of journalLines(journal)) terminal.say(`  ${line}`);
    for (const each of verifications) terminal.say(`  ${verificationWords(each)}`);
  }
  if (notFetched > 0)
    terminal.say(
      `  ${formatCount(notFetched, "file")} not here: fetch.txt says where each of them is.`,
    );
  terminal.say(findings > 0 ? `NOT in order: ${formatCount(findings, "finding")}.` : "In order.");
  terminal.result({
    ...{
      bag,
      findings,
      first_findings: shown,
      files,
      not_fetched: notFetched,
      withheld,
      proofs,
      stamps,
      journal: journal ?? null,
    },
    ...(seal && { import_id: seal.importId, number: seal.number, key: seal.key, root: seal.root }),
  });
  if (findings > 0) return exitCodes.failed;
  return notFetched > 0 ? exitCodes.unread : exitCodes.done;
}

/** Reads the certificates that were given. Throws for a file that has none. */
async function readAuthorities(cas: Readonly<Record<string, string>>): Promise<Authorities> {
  const given = Object.entries(cas).map(async ([name, file]) => {
    const pem = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
      throw badUse(`${file} can't be read (${cause.code}).`);
    });
    const trust = readTrust(pem);
    if (typeof trust === "string") throw badUse(`${file} can't be used: ${trust}.`);
    return [name, trust] as const;
  });
  return new Map(await Promise.all(given));
}

/** Returns what a verification found, in a line. */
function verificationWords({ number, endedAt, against, ...of }: VerificationOfBag): string {
  const at = formatTime(endedAt, { utc: true });
  return `verified against ${against} on ${at}: ${of.same} of ${formatCount(of.checked, "receipt")} the same (entry ${number})`;
}

/** Returns what a journal is worth, in lines. */
function journalLines({ number, writtenAt, commitsTo, stamps }: JournalOfBag): string[] {
  const at = formatTime(writtenAt, { utc: true });
  const also = commitsTo.length === 0 ? "" : `, and to its stamp by ${commitsTo.join(" and ")}`;
  return [
    `entry ${number} of the register, a journal of ${at}, commits to it${also}`,
    ...stamps.map((stamp) => `  which is ${stampWords(stamp)}`),
  ];
}

/** Returns what a stamp is worth, in a line. */
function stampWords({ authority, at, against }: StampOfBag): string {
  const stamped = `stamped by ${authority}${at ? ` on ${formatTime(at, { utc: true })}` : ""}`;
  if (against === "given") return `${stamped}, by the certificate that you gave`;
  return against === "bag"
    ? `${stamped}, by the bag's own word: give the authority's certificate by --ca ${authority}=FILE`
    : `${stamped}, not checked: the bag has no certificate of it, and none was given by --ca`;
}
