import { contentsOf, type DigestName, ListDigest } from "@exhibit/custody";
import type { Ledger } from "../ledger.ts";
import { actLines, importLine, incidentLines, type SealBounds } from "./lists.ts";
import type { Commitment } from "./pass.ts";
import type { SealedImport } from "./receipts.ts";

/**
 * Returns `contents.txt` by one kind of digest: the short lists are made anew, and a pass over the
 * entries has digested the others.
 */
export async function contentsBy(
  name: DigestName,
  ledger: Pick<Ledger, "db">,
  sealed: SealedImport,
  bounds: SealBounds,
  { receipts, sha256sum }: Commitment,
): Promise<string> {
  const digest = async (lines: Iterable<string> | AsyncIterable<string>) => {
    const list = new ListDigest(name);
    for await (const line of lines) list.add(line);
    return list.end();
  };
  return contentsOf({
    "acts.ndjson": await digest(actLines(ledger, sealed, bounds.lastAct)),
    "import.json": await digest([await importLine(ledger, sealed, bounds.workers)]),
    "incidents.ndjson": await digest(incidentLines(ledger, sealed, bounds.lastIncident)),
    "receipts.ndjson": receipts,
    "sha256sum.txt": sha256sum,
  });
}
