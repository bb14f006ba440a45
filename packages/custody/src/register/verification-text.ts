import type { HexDigest } from "../digest/digest.ts";
import { writeEntry } from "./entry-text.ts";

/** What a verification found. Times are ISO 8601 in UTC with milliseconds. */
export interface VerificationEntry {
  register: string;
  number: number;
  headBefore: HexDigest;
  /** The import's id. */
  importId: string;
  /** The seal whose receipts were verified. */
  seal: { number: number; digest: HexDigest };
  /** What they were compared with: `receipts`, `oss`, `source`. */
  against: string;
  /** How: `recomputing`, `list`, `head`, `download`, `reading`. */
  means: readonly string[];
  /** What it was limited to, such as `folder 2` or `identical`; absent for everything. */
  only?: string | undefined;
  /** How many of how many receipts were picked, by which seed; absent for all. */
  sample?: { size: number; of: number; seed: string } | undefined;
  beganAt: string;
  endedAt: string;
  checked: number;
  same: number;
  differs: number;
  missing: number;
  /** Objects that were written again, with what can be seen of them unchanged. */
  younger: number;
  extra: number;
  unreadable: number;
  /** SHA-256 of `findings.ndjson`. */
  findings: HexDigest;
  /** On whose authority. */
  by: string;
  /** The id of the key that signs it, or `none`. */
  key: HexDigest | "none";
  madeBy: string;
}

const END_OF_LINE = /[\r\n]+/g;

/** Returns the entry's text: what is signed and stamped. */
export function writeVerification(entry: VerificationEntry): string {
  const { seal, sample, only } = entry;
  return writeEntry({
    kind: "verification",
    fields: [
      ["Register", entry.register],
      ["Number", String(entry.number)],
      ["Head before", entry.headBefore],
      ["Import", entry.importId],
      ["Seal", `${seal.number} ${seal.digest}`],
      ["Against", entry.against],
      ["By means of", entry.means.join(", ")],
      ...(only === undefined ? [] : [["Only", only] as const]),
      ...(sample === undefined
        ? []
        : ([
            ["Sample", `${sample.size} of ${sample.of}`],
            ["Seed", sample.seed.replaceAll(END_OF_LINE, " ")],
          ] as const)),
      ["Began at", entry.beganAt],
      ["Ended at", entry.endedAt],
      ["Checked", String(entry.checked)],
      ["Same", String(entry.same)],
      ["Differs", String(entry.differs)],
      ["Missing", String(entry.missing)],
      ["Younger", String(entry.younger)],
      ["Extra", String(entry.extra)],
      ["Unreadable", String(entry.unreadable)],
      ["Findings", entry.findings],
      ["By", entry.by.replaceAll(END_OF_LINE, " ")],
      ["Key", entry.key],
      ["Made by", entry.madeBy],
    ],
  });
}
