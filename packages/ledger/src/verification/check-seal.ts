import { digestOf, listNames, readSeal, type Seal } from "@exhibit/custody";
import type { Ledger } from "../ledger.ts";
import { contentsBy } from "../sealing/contents.ts";
import type { SealRecord } from "../sealing/read-seal.ts";
import type { StampRoots } from "../sealing/stamps.ts";
import { checkRegister } from "./check-register.ts";
import type { Finding } from "./finding.ts";
import type { MadeLists } from "./list-maker.ts";

export interface CheckedSeal {
  readonly findings: readonly Finding[];
  /** Whether the entries are those of the seal, whatever was found of single ones. */
  readonly areEntriesSame: boolean;
}

/**
 * Compares a seal with the lists and the root that the ledger has now, with its signature and its
 * stamps, and with the register's chain.
 */
export async function checkSeal(
  ledger: Ledger,
  seal: SealRecord,
  made: MadeLists,
  roots: StampRoots | undefined,
): Promise<CheckedSeal> {
  const { findings: ofRegister } = await checkRegister(ledger, { only: seal.number, roots });
  const findings: Finding[] = ofRegister.map(({ number, what, expected, found }) => ({
    kind: "differs",
    what: `entry ${number} of the register: ${what}`,
    expected,
    found,
  }));
  const text = readText(seal.text);
  if (text === undefined) return { findings, areEntriesSame: false };
  findings.push(...differing("Root", text.root, made.sha256.root));
  findings.push(...differing("Leaves", String(text.leaves), String(made.leaves)));
  const contents = await contentsBy("sha256", ledger, seal.sealed, seal, made.sha256);
  for (const [at, line] of contents.split("\n").entries()) {
    if (!seal.contents.split("\n").includes(line))
      findings.push({ kind: "differs", what: listNames[at], found: line.slice(0, 64) });
  }
  findings.push(...differing("Contents", text.contents, digestOf(seal.contents)));
  if (text.rootSm3 !== undefined && made.sm3) {
    const bySm3 = await contentsBy("sm3", ledger, seal.sealed, seal, made.sm3);
    findings.push(...differing("Root SM3", text.rootSm3, made.sm3.root));
    findings.push(...differing("Contents SM3", text.contentsSm3 ?? "", digestOf(bySm3, "sm3")));
  }
  return {
    findings,
    areEntriesSame: text.root === made.sha256.root && text.leaves === made.leaves,
  };
}

function readText(text: string): Seal | undefined {
  try {
    return readSeal(text);
  } catch {
    return undefined;
  }
}

function differing(what: string, expected: string, found: string): Finding[] {
  return expected === found ? [] : [{ kind: "differs", what, expected, found }];
}
