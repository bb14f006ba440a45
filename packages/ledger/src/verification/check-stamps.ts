import { checkKeptStamp, digestOf, readTrust, tokenFault } from "@exhibit/custody";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { StampRoots } from "../sealing/stamps.ts";
import type { RegisterFinding } from "./finding.ts";

interface StampRow {
  entry: number;
  authority: string;
  state: string;
  token: Uint8Array;
  stamped_at: Date | null;
  serial: string | null;
  root: string | null;
  pem: string | null;
}

/**
 * Checks again what authorities answered of entries: against the entries' texts, against the
 * certificates that are configured, or, for an authority that isn't any more, those that were kept,
 * and against what the ledger says of each.
 */
export async function checkStamps(
  { db }: Pick<Ledger, "db">,
  entries: readonly { readonly number: number; readonly text: string }[],
  configured: StampRoots,
): Promise<RegisterFinding[]> {
  if (entries.length === 0) return [];
  const { rows } = await sql<StampRow>`
    select entry, authority, state, token, stamped_at, serial, root, stamp_roots.pem
    from stamps left join stamp_roots on stamp_roots.id = stamps.root
    where entry = any(${entries.map(({ number }) => number)}::bigint[]) and state in ('granted', 'unchecked')
    order by entry, authority`.execute(db);
  const texts = new Map(entries.map(({ number, text }) => [number, text]));
  return rows.flatMap((row) =>
    checkStamp(row, texts.get(row.entry) ?? "", configured.get(row.authority)),
  );
}

function checkStamp(
  row: StampRow,
  text: string,
  configured: string | undefined,
): RegisterFinding[] {
  const { entry: number, authority, token, root, pem } = row;
  const what = `its stamp by ${authority}`;
  const bytes = Buffer.from(token);
  if (row.state === "unchecked") {
    const fault = tokenFault(bytes);
    return fault === undefined ? [] : [{ number, what, found: fault.reason }];
  }
  const findings: RegisterFinding[] = [];
  if (pem === null || digestOf(pem) !== root)
    findings.push({ number, what: `the certificates that ${what} was checked against` });
  const trust = readTrust(configured ?? pem ?? "");
  const stamp = typeof trust === "string" ? trust : checkKeptStamp(bytes, text, trust);
  if (typeof stamp === "string") return [...findings, { number, what, found: stamp }];
  if ("kind" in stamp) return [...findings, { number, what, found: stamp.reason }];
  const said = [row.stamped_at?.toISOString(), row.serial].join(", ");
  const is = [stamp.at.toISOString(), stamp.serial].join(", ");
  if (said !== is) findings.push({ number, what, expected: is, found: said });
  return findings;
}
