import type { Ledger } from "../ledger.ts";
import { digestLinesOf } from "../sealing/lists.ts";
import { type Commitment, Committing } from "../sealing/pass.ts";
import type { SealRecord } from "../sealing/read-seal.ts";
import { type SealedEntry, sealedEntries } from "../sealing/receipts.ts";

/** What going over all entries of an import has made of them. */
export interface MadeLists {
  readonly leaves: number;
  readonly sha256: Commitment;
  /** Where the seal commits to them by SM3 as well. */
  readonly sm3: Commitment | undefined;
}

/** Makes the root and the lists of entries that come one by one, in flat memory. */
export class ListMaker {
  readonly #bySha256 = new Committing("sha256");
  readonly #bySm3: Committing | undefined;

  constructor({ withSm3 }: { withSm3: boolean }) {
    this.#bySm3 = withSm3 ? new Committing("sm3") : undefined;
  }

  add(entry: SealedEntry): void {
    const digestLines = digestLinesOf(entry);
    this.#bySha256.add(entry.line, digestLines);
    this.#bySm3?.add(entry.line, digestLines);
  }

  /** Nothing can be added any more. */
  end(): MadeLists {
    const { leaves } = this.#bySha256;
    return { leaves, sha256: this.#bySha256.end(), sm3: this.#bySm3?.end() };
  }
}

/** Makes them of all entries of an import. Calls `onPage` now and then, which may throw to stop it. */
export async function makeLists(
  ledger: Ledger,
  { sealed }: SealRecord,
  maker: ListMaker,
  onPage: () => void,
): Promise<MadeLists> {
  for await (const entries of sealedEntries(ledger, sealed)) {
    onPage();
    for (const entry of entries) maker.add(entry);
  }
  return maker.end();
}
