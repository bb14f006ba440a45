import type { X509Certificate } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BagRequest } from "@exhibit/contracts";
import {
  certificateOf,
  entriesOf,
  type ListName,
  readSeal,
  tarOf,
  writeBag,
} from "@exhibit/custody";
import {
  type By,
  findingLines,
  journalOf,
  keyEntries,
  type Ledger,
  recordExport,
  registerLines,
  type SealRecord,
  sealedList,
  verificationEntries,
} from "@exhibit/ledger";
import { ended, entryFiles, type Files, journalFiles, stampFiles } from "./entry-files.ts";
import { reportsOf } from "./reports.ts";

/** A bag without its payload, as a tar. */
export interface BagTar {
  /** The name of the tar's one folder. */
  readonly name: string;
  /** It is removed from this machine when it has been read or given up. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

interface BagOf {
  readonly seal: SealRecord;
  readonly request: BagRequest;
  readonly by: By;
  readonly organization: string | undefined;
  readonly certificates?: readonly X509Certificate[] | undefined;
}

/**
 * Makes a bag in a folder of its own, which it takes from the machine's temporary ones, and returns it as
 * a tar. Throws SEAL_BROKEN if the ledger isn't what was sealed, and NOT_FOUND for files that the import
 * hasn't; then nothing is on record.
 */
export async function makeBag(
  ledger: Ledger,
  { seal, request, by, organization, certificates }: BagOf,
): Promise<BagTar> {
  const at = new Date();
  const folder = await mkdtemp(join(tmpdir(), "exhibit-bag-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  const bag = join(folder, "bag");
  try {
    await mkdir(bag);
    await fill(bag, ledger, { seal, request, organization, certificates, at });
    await recordExport(ledger, seal.sealed.id, detailsOf(seal, request), by);
  } catch (thrown) {
    await remove();
    throw thrown;
  }
  const name = `exhibit-${seal.sealed.id}`;
  return { name, bytes: removing(tarOf(name, entriesOf(bag), at), remove) };
}

async function fill(
  bag: string,
  ledger: Ledger,
  { seal, request, organization, certificates, at }: Omit<BagOf, "by"> & { at: Date },
): Promise<void> {
  const list = (name: ListName) => sealedList(ledger, seal, name);
  const { names, files } = request;
  // Whoever is shown some files only isn't told of what else there is; stamps and keys tell nothing of it.
  const reports = files ? {} : await reportsOf(ledger, { seal, organization });
  const journal = await journalOf(ledger, seal.number);
  const keys = await keyEntries(ledger);
  const verifications = files ? [] : await verificationEntries(ledger, seal.sealed.id);
  const certificate = seal.signed && certificateOf(certificates ?? [], seal.signed.key);
  const others = {
    ...reports,
    ...(certificate && { "certificate.pem": certificate }),
    ...(await stampFiles(ledger, seal.number)),
    ...(journal && (await journalFiles(ledger, journal))),
    ...Object.assign({}, ...keys.map((entry) => entryFiles("key", `keys/${entry.number}`, entry))),
    ...(await verificationFiles(ledger, seal, verifications)),
  };
  // As far as the last entry that is in the bag, so that each has its place in it.
  const last = Math.max(
    seal.number,
    ...[...keys, ...verifications, journal ?? seal].map(({ number }) => number),
  );
  const importJson = await textOf(list("import.json"));
  await writeBag(
    bag,
    {
      ...{ seal: seal.text, contents: seal.contents, signed: seal.signed },
      receipts: list("receipts.ndjson"),
      acts: list("acts.ndjson"),
      incidents: list("incidents.ndjson"),
      importJson,
      register: registerLines(ledger, last),
      others,
    },
    {
      ...{ names, at, files: files && new Set(files) },
      info: {
        "Source-Organization": organization,
        "Bag-Group-Identifier": files ? undefined : JSON.parse(importJson).entrust_id,
        "Bag-Software-Agent": readSeal(seal.text).madeBy,
      },
    },
  );
}

/** Returns the files of the import's verifications that have ended, with what they found and their stamps. */
async function verificationFiles(
  ledger: Ledger,
  { sealed }: SealRecord,
  entries: Awaited<ReturnType<typeof verificationEntries>>,
): Promise<Files> {
  const files: Files = {};
  for (const entry of entries) {
    const at = `verifications/${entry.number}`;
    Object.assign(files, entryFiles("verification", at, entry));
    files[`${at}/findings.ndjson`] = ended(findingLines(ledger, entry.verification, sealed.secret));
    Object.assign(files, await stampFiles(ledger, entry.number, `${at}/`));
  }
  return files;
}

async function textOf(lines: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const line of lines) text += line;
  return text;
}

function detailsOf({ number }: SealRecord, { names, files }: BagRequest) {
  return { files: files?.length, names, seal: number };
}

async function* removing(
  bytes: AsyncIterable<Uint8Array>,
  remove: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } finally {
    await remove();
  }
}
