import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { ExhibitError, type FileBody, type Period } from "@exhibit/contracts";
import type { Broker, Lease } from "@exhibit/credentials";
import { leafHash, readReceiptLine, withheldLine } from "@exhibit/custody";
import {
  type ClaimedDeposit,
  type FolderRow,
  type FoldersBeside,
  foldersBeside,
  type Ledger,
  readFolder,
  readSealOf,
  readStamp,
  type SealRecord,
  sealedList,
} from "@exhibit/ledger";
import type { LeaseHolder, ObjectStore } from "@exhibit/oss";
import { createByteDigester } from "@exhibit/sources";
import { leadsThere, placeOf } from "../leases/destination.ts";
import { leasesToRead } from "../leases/reading-leases.ts";
import type { ByteBudget } from "../storing/byte-budget.ts";
import { bodyOfBytes, bodyOfFile } from "./body.ts";

export interface BesideDependencies {
  readonly ledger: Ledger;
  readonly broker: Broker;
  readonly objectStore: ObjectStore;
  /** The memory that all files under way of this worker share. */
  readonly memory: ByteBudget;
  /** For how long OSS is asked to keep objects. @defaultValue it isn't asked */
  readonly retention?: Period | undefined;
}

/** What is put beside the evidence: its name, its bytes, and how others that are there are compared with them. */
interface Piece {
  readonly name: string;
  readonly body: FileBody;
  /** Whether its bytes are a gzip, of which another release may make others of the same lines. */
  readonly isPacked?: boolean;
}

/**
 * Puts a part of a deposit beside the evidence of its folder, without ever overwriting anything. Returns
 * the keys of its objects. Throws DESTINATION_CHANGED if the vendor's lease leads elsewhere,
 * REQUEST_INVALID for a vendor that opens files one by one, SEAL_BROKEN, and the errors of vendors and OSS.
 */
export async function putBeside(
  dependencies: BesideDependencies,
  { folderId, part, place, entry, importId }: ClaimedDeposit,
  signal: AbortSignal,
): Promise<string[]> {
  const { ledger, broker } = dependencies;
  if (folderId === null || importId === null || place === null)
    throw new ExhibitError("INTERNAL", `The deposit of entry ${entry} has no folder.`);
  const folder = await readFolder(ledger, folderId);
  if (broker.perFile(folder.vendor)) throw opensOneByOne(folder.vendor);
  const leases = await leasesThere(dependencies, folder, signal);
  const keys: string[] = [];
  for await (const piece of piecesOf(ledger, { part, entry, importId, folderId })) {
    const named = { ...piece, name: place + piece.name };
    keys.push(await putPiece(dependencies, named, leases, signal));
  }
  return keys;
}

function opensOneByOne(vendor: string): ExhibitError {
  return new ExhibitError(
    "REQUEST_INVALID",
    `${vendor} opens one object for each file of the evidence, and no other: nothing can be put beside it.`,
  );
}

/** Returns leases that are refused unless they lead where the folder's files are. */
async function leasesThere(
  dependencies: BesideDependencies,
  folder: FolderRow,
  signal: AbortSignal,
): Promise<LeaseHolder> {
  const { ledger } = dependencies;
  const holder = (await leasesToRead(dependencies, folder, signal))({ id: 0, path: "" });
  const confirmed = (lease: Lease): Lease => {
    if (leadsThere(ledger, folder, lease)) return lease;
    const { bucket, prefix } = placeOf(lease);
    throw new ExhibitError(
      "DESTINATION_CHANGED",
      `The vendor now leads to ${JSON.stringify(`${bucket}/${prefix}`)}, and not to where the evidence is. Nothing was put there.`,
    );
  };
  return {
    current: async (options) => confirmed(await holder.current(options)),
    replace: async (refused) => confirmed(await holder.replace(refused)),
  };
}

async function putPiece(
  { objectStore, memory, retention }: BesideDependencies,
  { name, body, isPacked = false }: Piece,
  leases: LeaseHolder,
  signal: AbortSignal,
): Promise<string> {
  const lease = await leases.current();
  const work = async () => {
    const free = await memory.acquire(objectStore.memoryFor(body.size));
    try {
      return await objectStore.put({ leases, name, body, signal, retention });
    } finally {
      free();
    }
  };
  try {
    const place = { bucket: lease.bucket, prefix: lease.prefix };
    return (await objectStore.admit(place, work, signal)).key;
  } catch (thrown) {
    const isOther = thrown instanceof ExhibitError && thrown.code === "EVIDENCE_CONFLICT";
    if (!isPacked || !isOther) throw thrown;
    const key = lease.prefix + name.normalize("NFC");
    if (await hasSameLines(objectStore, { leases, lease, key, signal }, body)) return key;
    throw thrown;
  }
}

/** Returns whether an object that is there unpacks to what a body unpacks to. */
async function hasSameLines(
  { reading }: ObjectStore,
  {
    leases,
    lease,
    key,
    signal,
  }: { leases: LeaseHolder; lease: Lease; key: string; signal: AbortSignal },
  body: FileBody,
): Promise<boolean> {
  const there = createGunzip();
  const digest = digestOf(there);
  const write = (bytes: Buffer) =>
    new Promise<void>((resolve, reject) =>
      // The reader's buffer is used again.
      there.write(Buffer.from(bytes), (err) => (err ? reject(err) : resolve())),
    );
  const { bucket } = lease;
  const request = { leases, bucket, key, signal, digester: createByteDigester(), take: write };
  try {
    const [theirs] = await Promise.all([
      digest,
      reading.read(request).then(() => void there.end()),
    ]);
    const own = await digestOf(Readable.from(bytesOf(body)).pipe(createGunzip()));
    return own === theirs;
  } catch (thrown) {
    there.destroy();
    if (signal.aborted) throw thrown;
    return false;
  }
}

async function* bytesOf(body: FileBody): AsyncGenerator<Buffer> {
  await body.rewind();
  for (let at = 0; at < body.size; ) {
    const { bytes, release } = await body.read(STRIDE);
    at += bytes.length;
    yield Buffer.from(bytes);
    release();
  }
}

/** Bytes that are read at a time. */
const STRIDE = 64 * 1024;

async function digestOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const digester = createByteDigester();
  for await (const bytes of stream) digester.update(bytes);
  return Buffer.from(digester.finish().sha256).toString("hex");
}

interface PartOf {
  readonly part: string;
  readonly entry: number;
  readonly importId: string;
  readonly folderId: number;
}

const STAMP = /^stamp (.+)$/;

/** Yields what a part consists of; each piece is gone when the next one is asked for. */
async function* piecesOf(
  ledger: Ledger,
  { part, entry, importId, folderId }: PartOf,
): AsyncGenerator<Piece> {
  const authority = STAMP.exec(part)?.[1];
  if (authority !== undefined) {
    const stamp = await readStamp(ledger, { entry, authority });
    if (stamp) yield { name: `stamps/${authority}.tsr`, body: bodyOfBytes(stamp.token) };
    return;
  }
  const seal = await readSealOf(ledger, importId);
  const beside = await foldersBeside(ledger, folderId);
  // The seal comes last: where it is, the rest is, too.
  yield* listsOf(ledger, seal, beside);
  const { text, signed, contents } = seal;
  yield { name: "contents.txt", body: bodyOfText(contents) };
  if (signed) {
    yield { name: "key.pem", body: bodyOfText(signed.publicPem) };
    yield { name: "seal.sig", body: bodyOfBytes(signed.signature) };
  }
  yield { name: "seal.txt", body: bodyOfText(text) };
}

function bodyOfText(text: string): FileBody {
  return bodyOfBytes(Buffer.from(text));
}

/** The lists that name no single file's receipt, but what else there is in the import. */
const others = ["acts.ndjson", "incidents.ndjson", "import.json"] as const;

/**
 * Yields a seal's lists. Where the import has files of other vendors, too, their receipts are withheld, and
 * the lists that would name them aren't there: nobody learns from us what another vendor was given.
 */
async function* listsOf(
  ledger: Ledger,
  seal: SealRecord,
  { positions, isAll }: FoldersBeside,
): AsyncGenerator<Piece> {
  const folder = await mkdtemp(join(tmpdir(), "exhibit-deposit-"));
  const path = join(folder, "list");
  try {
    for (const name of isAll ? others : []) {
      await pipeline(sealedList(ledger, seal, name), createWriteStream(path));
      await using body = await bodyOfFile(path);
      yield { name, body };
    }
    const receipts = sealedList(ledger, seal, "receipts.ndjson");
    const shown = isAll ? receipts : shownOf(receipts, positions);
    await pipeline(shown, createGzip(), createWriteStream(path));
    await using body = await bodyOfFile(path);
    yield { name: "receipts.ndjson.gz", body, isPacked: true };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function* shownOf(
  lines: AsyncIterable<string>,
  positions: ReadonlySet<number>,
): AsyncGenerator<string> {
  for await (const whole of lines) {
    const line = whole.slice(0, -1);
    const isShown = positions.has(readReceiptLine(line)?.folder ?? 0);
    yield isShown ? whole : `${withheldLine(leafHash(line))}\n`;
  }
}
