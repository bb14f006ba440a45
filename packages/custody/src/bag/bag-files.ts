import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { HexDigest } from "../digest/digest.ts";
import type { ReceiptLine } from "../lines/receipt-line.ts";
import { readReceiptLine } from "../lines/withheld.ts";
import { readBagInfo } from "./bag-info.ts";
import { linesOf } from "./lines-of.ts";
import { type BagNames, bagPath } from "./names.ts";

/** A file of a bag's payload, by its receipt. */
export interface BagFile {
  /** Below the bag's folder. */
  path: string;
  sha256: HexDigest;
  receipt: ReceiptLine;
}

/** Reads which files the payload of a bag has, in the order of its receipts. */
export async function* bagFiles(bag: string): AsyncGenerator<BagFile> {
  const info = readBagInfo(await readFile(join(bag, "bag-info.txt"), "utf8"));
  const names: BagNames = info["Exhibit-Names"] === "original" ? "original" : "portable";
  for await (const line of linesOf(join(bag, "seal/receipts.ndjson"))) {
    const receipt = readReceiptLine(line);
    if (receipt?.sha256 === undefined) continue;
    yield { path: bagPath(receipt, names), sha256: receipt.sha256, receipt };
  }
}
