import type { FindingKind } from "@exhibit/contracts";
import { canonicalJson, ListDigest, saltsOf } from "@exhibit/custody";
import { type Selectable, sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { LedgerSchema } from "../schema.ts";

/** What a verification found to be otherwise. What isn't known is absent. */
export interface Finding {
  readonly kind: FindingKind;
  /** The position of its folder, from 1. */
  readonly folder?: number | undefined;
  readonly fileId?: number | undefined;
  readonly path?: string | undefined;
  readonly key?: string | undefined;
  /** What differs. */
  readonly what?: string | undefined;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
  /** Why it can't be read. */
  readonly code?: string | undefined;
  /** How many files it stands for. @defaultValue 1 */
  readonly files?: number | undefined;
}

/** What isn't as it has to be in the register. */
export interface RegisterFinding {
  /** The entry's; 0 for the register as a whole. */
  readonly number: number;
  readonly what: string;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
}

/** How many receipts were compared, and what came of them. */
export interface Tally {
  readonly checked: number;
  readonly same: number;
  readonly findings: readonly Finding[];
}

/** Returns how many of each kind there are. */
export function countKinds(findings: readonly Finding[]): Record<FindingKind, number> {
  const counts = { differs: 0, missing: 0, younger: 0, extra: 0, unreadable: 0 };
  for (const { kind, files = 1 } of findings) counts[kind] += files;
  return counts;
}

/** Findings are read by so many. */
const PAGE = 1_000;

/**
 * Returns the SHA-256 of `findings.ndjson`, which has a salt in each line, so that the digest confirms no
 * guess.
 */
export async function digestFindings(
  ledger: Pick<Ledger, "db">,
  verification: number,
  secret: Uint8Array,
): Promise<string> {
  const list = new ListDigest();
  for await (const line of findingLines(ledger, verification, secret)) list.add(line);
  return list.end();
}

/**
 * Yields the lines of `findings.ndjson` without their ends: canonical JSON for each finding, in the order
 * of the parts. `secret` is the import's.
 */
export async function* findingLines(
  { db }: Pick<Ledger, "db">,
  verification: number,
  secret: Uint8Array,
): AsyncGenerator<string> {
  const salt = saltsOf(secret);
  let number = 0;
  for (let after = { part: -1, id: 0 }; ; ) {
    const { rows } = await sql<Selectable<LedgerSchema["findings"]>>`
      select * from findings where verification = ${verification} and (part, id) > (${after.part}, ${after.id})
      order by part, id limit ${PAGE}`.execute(db);
    for (const { kind, folder, path, key, what, expected, found, code, files } of rows) {
      number += 1;
      yield canonicalJson({
        kind,
        folder: folder ?? undefined,
        path: path ?? undefined,
        key: key ?? undefined,
        what: what ?? undefined,
        expected: expected ?? undefined,
        found: found ?? undefined,
        code: code ?? undefined,
        files,
        salt: salt(`finding ${verification} ${number}`),
      });
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = { part: last.part, id: last.id };
  }
}
