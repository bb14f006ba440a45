import { ExhibitError } from "@exhibit/contracts";
import { type DigestName, digestOf, type HexDigest } from "../digest/digest.ts";
import { digestLine } from "../lines/digest-line.ts";
import type { ReceiptLine } from "../lines/receipt-line.ts";
import { readReceiptLine, withheldLine } from "../lines/withheld.ts";
import { pageNames, readPage } from "../page/page.ts";
import { writeProof } from "../proof/proof-text.ts";
import { readSeal } from "../register/seal-text.ts";
import { BLOCK_LEAVES } from "../tree/blocks.ts";
import { inclusionPath } from "../tree/inclusion.ts";
import { leafHash, rootOf } from "../tree/merkle-tree.ts";
import { type BagInfo, bagitText, writeBagInfo } from "./bag-info.ts";
import { fetchLine, manifestLine, objectUrl } from "./manifest.ts";
import { type BagNames, bagPath, namesLine } from "./names.ts";
import { type Bytes, type TagFile, TagFiles } from "./tag-files.ts";

type Lines = AsyncIterable<string>;

/** What a bag is made of. Lines have their ends, and their readers throw if they aren't what was sealed. */
export interface BagParts {
  /** The seal's text. */
  readonly seal: string;
  readonly contents: string;
  readonly signed: { readonly publicPem: string; readonly signature: Uint8Array } | null;
  readonly receipts: Lines;
  readonly acts: Lines;
  readonly incidents: Lines;
  readonly importJson: string;
  readonly register: Lines;
  /** What else goes into `seal/`, by its name there: the report, stamps, keys, verifications. */
  readonly others: Readonly<Record<string, Bytes | Lines>>;
}

/** Which bag is made. */
export interface BagOrder {
  readonly names: BagNames;
  /**
   * Only these files are shown, each as `<folder>/<path>`; undefined for all. Of the others there are
   * hashes, and no list that would name them.
   */
  readonly files?: ReadonlySet<string> | undefined;
  /** What is said of the bag besides what is known from the seal. */
  readonly info: BagInfo;
  /** When it is made. */
  readonly at: Date;
}

/**
 * Writes everything of a bag but its payload into an empty folder, in flat memory: receipts are read
 * once, and the other lists are made of them. `fetch.txt` says where each file of the payload can be
 * had. Throws SEAL_BROKEN if the lists aren't those of the seal, and NOT_FOUND for files that it
 * hasn't.
 */
export async function writeBag(folder: string, parts: BagParts, order: BagOrder): Promise<void> {
  const tags = new TagFiles(folder);
  const seal = readSeal(parts.seal);
  await tags.write("bagit.txt", bagitText);
  const payload = await writeReceipts(tags, parts, order);
  await tags.write(
    "bag-info.txt",
    writeBagInfo({
      ...order.info,
      "External-Identifier": seal.importId,
      "Bagging-Date": order.at.toISOString().slice(0, 10),
      "Payload-Oxum": `${payload.bytes}.${payload.files}`,
      "Exhibit-Seal-Number": String(seal.number),
      "Exhibit-Seal-SHA256": digestOf(parts.seal),
      "Exhibit-Names": order.names,
      "Exhibit-Disclosure":
        order.files === undefined ? "all" : `${payload.shown} of ${seal.leaves} receipts`,
    }),
  );
  await writeSealFolder(tags, parts, order.files !== undefined);
  await tags.writeManifest();
}

async function writeSealFolder(tags: TagFiles, parts: BagParts, isPartial: boolean): Promise<void> {
  const { seal, contents, signed } = parts;
  await tags.write("seal/seal.txt", seal);
  if (signed) {
    await tags.write("seal/seal.sig", signed.signature);
    await tags.write("seal/key.pem", signed.publicPem);
  }
  await tags.write("seal/contents.txt", contents);
  if (!isPartial) {
    await tags.write("seal/acts.ndjson", parts.acts);
    await tags.write("seal/incidents.ndjson", parts.incidents);
    await tags.write("seal/import.json", parts.importJson);
  }
  await tags.write("seal/register.txt", parts.register);
  const of = isPartial ? "shown" : "bag";
  for (const name of pageNames) await tags.write(`seal/${name}`, await readPage(name, of));
  for (const [name, body] of Object.entries(parts.others)) await tags.write(`seal/${name}`, body);
}

interface Payload {
  files: number;
  bytes: number;
  /** How many receipts are shown. */
  shown: number;
}

/** The files that are made of the receipts, while those are read. */
interface OpenLists {
  receipts: TagFile;
  manifest: TagFile;
  fetch: TagFile;
  names: TagFile;
  sha256sum: TagFile | undefined;
}

async function writeReceipts(tags: TagFiles, parts: BagParts, order: BagOrder): Promise<Payload> {
  const lists: OpenLists = {
    receipts: await tags.open("seal/receipts.ndjson"),
    manifest: await tags.open("manifest-sha256.txt"),
    fetch: await tags.open("fetch.txt"),
    names: await tags.open("seal/names.txt"),
    sha256sum: order.files ? undefined : await tags.open("seal/sha256sum.txt"),
  };
  const payload: Payload = { files: 0, bytes: 0, shown: 0 };
  const missing = new Set(order.files);
  const trees = order.files && partialTrees(parts.seal);
  try {
    for await (const whole of parts.receipts) {
      const line = whole.slice(0, -1);
      const receipt = shownReceipt(line, order);
      for (const tree of trees ?? []) tree?.add(line, receipt !== undefined);
      await lists.receipts.line(receipt ? line : withheldLine(leafHash(line)));
      if (receipt === undefined) continue;
      missing.delete(`${receipt.folder}/${receipt.path}`);
      await writePayloadLines(lists, receipt, order.names, payload);
    }
  } finally {
    for (const list of Object.values(lists)) await list?.close();
  }
  await checkReceipts(tags, parts, trees);
  const [unknown] = missing;
  if (unknown !== undefined)
    throw new ExhibitError("NOT_FOUND", `The import has no file ${JSON.stringify(unknown)}.`);
  if (trees) await writeProofs(tags, parts.seal, trees);
  return payload;
}

/** Returns a line's receipt, if it is shown. Throws SEAL_BROKEN if it isn't one. */
function shownReceipt(line: string, { files }: BagOrder): ReceiptLine | undefined {
  const receipt = readReceiptLine(line);
  if (receipt === undefined) throw broken("A line of receipts.ndjson isn't a receipt");
  return files === undefined || files.has(`${receipt.folder}/${receipt.path}`)
    ? receipt
    : undefined;
}

async function writePayloadLines(
  lists: OpenLists,
  receipt: ReceiptLine,
  names: BagNames,
  payload: Payload,
): Promise<void> {
  payload.shown += 1;
  const { sha256, size, folder, path: original } = receipt;
  if (sha256 === undefined) return;
  payload.files += 1;
  payload.bytes += size;
  const path = bagPath(receipt, names);
  await lists.manifest.line(manifestLine({ digest: sha256, path }));
  await lists.sha256sum?.line(digestLine(sha256, `data/${folder}/${original}`));
  if (path !== `data/${folder}/${original}`)
    await lists.names.line(namesLine(path, receipt.raw_path ?? original));
  const url = urlOf(receipt);
  if (url !== undefined) await lists.fetch.line(fetchLine({ url, size, path }));
}

/** Returns where a receipt's object is; undefined if it doesn't say. */
export function urlOf({ endpoint, bucket, key }: ReceiptLine): string | undefined {
  if (endpoint === undefined || bucket === undefined || key === undefined) return undefined;
  return objectUrl({ endpoint, bucket, key });
}

/** Checks what was written against the seal. */
async function checkReceipts(
  tags: TagFiles,
  { seal, contents }: BagParts,
  trees: PartialTrees | undefined,
): Promise<void> {
  if (trees) {
    const { root, rootSm3 } = readSeal(seal);
    const [tree, sm3] = trees;
    if (tree.root() !== root || sm3?.root() !== rootSm3)
      throw broken("The receipts don't make the seal's root");
    return;
  }
  for (const name of ["receipts.ndjson", "sha256sum.txt"]) {
    const line = digestLine(tags.digestOf(`seal/${name}`) ?? "", name);
    if (!contents.split("\n").includes(line)) throw broken(`${name} isn't what was sealed`);
  }
}

async function writeProofs(
  tags: TagFiles,
  sealText: string,
  [tree, sm3]: PartialTrees,
): Promise<void> {
  const seal = digestOf(sealText);
  const paths = sm3?.proofs();
  for (const { index, receipt, path } of tree.proofs()) {
    const pathSm3 = paths?.next().value?.path ?? [];
    const text = writeProof({ seal, index, leaves: tree.size, receipt, path, pathSm3 });
    await tags.write(`seal/proofs/${index}.txt`, text);
  }
}

/** By SHA-256 and, where the seal has it, by SM3. */
type PartialTrees = readonly [PartialTree, PartialTree?];

function partialTrees(sealText: string): PartialTrees {
  const { rootSm3 } = readSeal(sealText);
  const tree = new PartialTree("sha256");
  return rootSm3 === undefined ? [tree] : [tree, new PartialTree("sm3")];
}

interface ShownLeaf {
  index: number;
  receipt: string;
  /** From the leaf to its block's root. */
  path: HexDigest[];
}

/** Keeps, of a tree's leaves, what the proofs of some need: their paths in their blocks, and blocks' roots. */
class PartialTree {
  readonly #roots: HexDigest[] = [];
  readonly #shown: ShownLeaf[] = [];
  #block: HexDigest[] = [];
  #open: { place: number; receipt: string }[] = [];
  readonly #name: DigestName;
  size = 0;

  constructor(name: DigestName) {
    this.#name = name;
  }

  add(receipt: string, isShown: boolean): void {
    if (isShown) this.#open.push({ place: this.#block.length, receipt });
    this.#block.push(leafHash(receipt, this.#name));
    this.size += 1;
    if (this.#block.length === BLOCK_LEAVES) this.#endBlock();
  }

  root(): HexDigest {
    if (this.#block.length > 0) this.#endBlock();
    return rootOf(this.#roots, this.#name);
  }

  *proofs(): Generator<ShownLeaf> {
    for (const { index, receipt, path } of this.#shown) {
      const above = inclusionPath(this.#roots, Math.floor(index / BLOCK_LEAVES), this.#name);
      yield { index, receipt, path: [...path, ...above] };
    }
  }

  #endBlock(): void {
    const first = this.#roots.length * BLOCK_LEAVES;
    for (const { place, receipt } of this.#open)
      this.#shown.push({
        ...{ index: first + place, receipt },
        path: inclusionPath(this.#block, place, this.#name),
      });
    this.#roots.push(rootOf(this.#block, this.#name));
    this.#block = [];
    this.#open = [];
  }
}

function broken(what: string): ExhibitError {
  return new ExhibitError("SEAL_BROKEN", `${what}: no bag is made.`);
}
