import { join } from "node:path";
import { linesOf } from "../bag/lines-of.ts";
import { fetchLine, manifestLine } from "../bag/manifest.ts";
import { type BagNames, bagPath, namesLine } from "../bag/names.ts";
import { urlOf } from "../bag/write-bag.ts";
import type { HexDigest } from "../digest/digest.ts";
import { digestLine } from "../lines/digest-line.ts";
import type { ReceiptLine } from "../lines/receipt-line.ts";
import { readReceiptLine, withheldLeaf } from "../lines/withheld.ts";
import { leafHash, MerkleTree } from "../tree/merkle-tree.ts";
import type { Report } from "./finding.ts";

/** A file that the bag has to have. */
export interface ExpectedFile {
  path: string;
  sha256: HexDigest;
  size: number;
  /** Whether `fetch.txt` says where it can be had. */
  canBeFetched: boolean;
}

/** What a pass over the receipts found. */
export interface ReceiptsFound {
  root: HexDigest;
  /** By SM3; of no use if some receipts are withheld. */
  rootSm3: HexDigest;
  leaves: number;
  withheld: number;
  states: Record<"stored" | "identical" | "waived" | "skipped", number>;
  bytes: number;
  files: number;
}

/**
 * Goes over a bag's receipts, and over all lists that are made of them at the same time, in flat
 * memory. Yields each file that the bag has to have; what differs is reported. Returns what was found.
 */
export async function* expectedFiles(
  bag: string,
  { names, withSm3 }: { names: BagNames; withSm3: boolean },
  report: Report,
): AsyncGenerator<ExpectedFile, ReceiptsFound> {
  const lists = {
    manifest: new Compared(bag, "manifest-sha256.txt", report),
    fetch: new Compared(bag, "fetch.txt", report, { isOptional: true }),
    names: new Compared(bag, "seal/names.txt", report),
    sha256sum: new Compared(bag, "seal/sha256sum.txt", report, { isOptional: true }),
  };
  const tree = new MerkleTree();
  const sm3 = new MerkleTree("sm3");
  const found: ReceiptsFound = {
    ...{ root: "", rootSm3: "", leaves: 0, withheld: 0, bytes: 0, files: 0 },
    states: { stored: 0, identical: 0, waived: 0, skipped: 0 },
  };
  for await (const line of linesOf(join(bag, "seal/receipts.ndjson"))) {
    const withheld = withheldLeaf(line);
    tree.add(withheld ?? leafHash(line));
    if (withheld !== undefined) {
      found.withheld += 1;
      continue;
    }
    if (withSm3) sm3.add(leafHash(line, "sm3"));
    const receipt = readReceiptLine(line);
    if (receipt === undefined) {
      report({ where: "seal/receipts.ndjson", line: tree.size, what: "isn't a receipt" });
      continue;
    }
    count(found, receipt);
    if (receipt.sha256 === undefined) continue;
    const path = bagPath(receipt, names);
    const original = `data/${receipt.folder}/${receipt.path}`;
    const { sha256, size } = receipt;
    await lists.manifest.expect(manifestLine({ digest: sha256, path }));
    await lists.sha256sum.expect(digestLine(sha256, original));
    if (path !== original)
      await lists.names.expect(namesLine(path, receipt.raw_path ?? receipt.path));
    const url = urlOf(receipt);
    if (url !== undefined) await lists.fetch.expect(fetchLine({ url, size, path }));
    const canBeFetched = url !== undefined && lists.fetch.isThere;
    yield { path, sha256, size, canBeFetched };
  }
  for (const list of Object.values(lists)) await list.expectEnd();
  return { ...found, root: tree.root(), rootSm3: sm3.root(), leaves: tree.size };
}

function count(found: ReceiptsFound, { state, size, sha256 }: ReceiptLine): void {
  if (Object.hasOwn(found.states, state)) found.states[state as keyof ReceiptsFound["states"]] += 1;
  if (sha256 === undefined) return;
  found.files += 1;
  found.bytes += size;
}

/** A list whose lines follow from the receipts. Behind the first that doesn't, nothing is compared. */
class Compared {
  readonly #name: string;
  readonly #report: Report;
  readonly #isOptional: boolean;
  readonly #lines: AsyncGenerator<string>;
  #number = 0;
  #isOver = false;
  #isMissing = false;

  constructor(bag: string, name: string, report: Report, { isOptional = false } = {}) {
    this.#name = name;
    this.#report = report;
    this.#isOptional = isOptional;
    this.#lines = linesOf(join(bag, name));
  }

  /** Whether the bag has the list, as far as is known. */
  get isThere(): boolean {
    return !this.#isMissing;
  }

  async expect(line: string): Promise<void> {
    if (this.#isOver) return;
    const found = await this.#next();
    if (this.#isMissing || found === line) return;
    this.#differs(
      found === undefined
        ? "ends where receipts go on"
        : "isn't what the receipts say; what follows isn't compared",
    );
  }

  async expectEnd(): Promise<void> {
    if (this.#isOver) return;
    const found = await this.#next();
    if (found !== undefined) this.#differs("has lines that no receipt has");
    await this.#lines.return(undefined);
  }

  async #next(): Promise<string | undefined> {
    this.#number += 1;
    try {
      const { value, done } = await this.#lines.next();
      return done ? undefined : value;
    } catch (thrown) {
      this.#isOver = true;
      this.#isMissing = (thrown as NodeJS.ErrnoException).code === "ENOENT";
      if (!this.#isMissing) throw thrown;
      if (!this.#isOptional) this.#report({ where: this.#name, what: "is missing" });
      return undefined;
    }
  }

  #differs(what: string): void {
    this.#isOver = true;
    this.#report({ where: this.#name, line: this.#number, what });
  }
}
