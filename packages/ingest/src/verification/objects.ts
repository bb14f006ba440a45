import { type ExhibitError, isSameEndpoint, type VerificationMeans } from "@exhibit/contracts";
import type { Broker } from "@exhibit/credentials";
import { type Finding, knownKeys, type Ledger, type SealedEntry } from "@exhibit/ledger";
import type { ListedObject, ObjectReading } from "@exhibit/oss";
import type { Attempt } from "@exhibit/queue";
import { createByteDigester } from "@exhibit/sources";
import { type LeasesToRead, leasesToRead } from "../leases/reading-leases.ts";
import { compareBytes, compareFacts } from "./compare.ts";
import { eachAtOnce } from "./each-at-once.ts";
import type { PartTally } from "./tally.ts";
import { type CompareFolder, type FolderPart, unreadableOf } from "./verify-copies.ts";

interface ObjectDependencies {
  ledger: Ledger;
  broker: Broker;
  reading: ObjectReading;
}

/** Objects that are looked at, or read, at once; the window of their bucket bounds requests further. */
const AT_ONCE: Readonly<Record<"head" | "download", number>> = { head: 64, download: 8 };

interface Way {
  /** Undefined: a list where it is allowed, else each object. */
  readonly by: VerificationMeans | undefined;
  readonly rate: number | null;
  readonly attempt: Pick<Attempt, "postponed">;
}

/** Returns what compares receipts with the objects in OSS. */
export function compareObjects(dependencies: ObjectDependencies, way: Way): CompareFolder {
  /** The positions of folders that may not be listed. */
  const unlisted = new Set<number>();
  return async (part, tally, signal) => {
    const { ledger, broker } = dependencies;
    const opening = {
      part,
      tally,
      signal,
      leases: await leasesToRead({ ledger, broker }, part.folder, signal),
    };
    const { by = unlisted.has(part.position) ? "head" : "list" } = way;
    if (by !== "list") return await compareEach(dependencies, { ...way, by }, opening, part.chosen);
    const refusal = await compareList(dependencies, way, opening);
    if (refusal === undefined) return;
    unlisted.add(part.position);
    const rest = part.entries.filter((entry) => part.chosen.has(entry));
    if (way.by === undefined)
      return await compareEach(dependencies, { ...way, by: "head" }, opening, new Set(rest));
    for (const entry of rest) tally.unreadable(entry, refusal.code, ossCodeOf(refusal));
  };
}

interface Opening {
  readonly part: FolderPart;
  readonly tally: PartTally;
  readonly signal: AbortSignal;
  readonly leases: LeasesToRead;
}

async function compareEach(
  { ledger, reading }: ObjectDependencies,
  { by, rate, attempt }: Way & { by: "head" | "download" },
  { part, tally, signal, leases }: Opening,
  chosen: ReadonlySet<SealedEntry>,
): Promise<void> {
  const own = part.entries.filter((entry) => chosen.has(entry));
  if (own.length > 0) tally.means.add(by);

  async function look(entry: SealedEntry): Promise<Finding | undefined> {
    const { key = "", version_id: versionId } = entry.receipt;
    const holder = leases({ id: entry.fileId, path: entry.place.path });
    const bucket = await placeOf(ledger, part, entry, holder);
    const target = { leases: holder, bucket, key, versionId, signal };
    if (by === "head") return compareFacts(entry, await reading.head(target));
    const digest = async () => {
      const read = await reading.read({ ...target, digester: createByteDigester() });
      return read === undefined
        ? compareFacts(entry, undefined)
        : (compareBytes(entry, read) ?? compareFacts(entry, read.facts));
    };
    const finding = await digest();
    // Bytes may have been damaged on the way here, so what differs is read twice.
    return finding?.kind === "differs" ? await digest() : finding;
  }

  await eachAtOnce(own, { atOnce: AT_ONCE[by], rate, signal }, async (entry) => {
    try {
      tally.count(await look(entry));
    } catch (thrown) {
      const error = unreadableOf(thrown, signal, attempt);
      tally.unreadable(entry, error.code, ossCodeOf(error));
    }
  });
}

/** Where a receipt says that its object is. A trial's sandbox may have another port each time. */
async function placeOf(
  { deployment }: Ledger,
  { folder }: FolderPart,
  { receipt }: SealedEntry,
  holder: ReturnType<LeasesToRead>,
): Promise<{ endpoint: string; name: string }> {
  const name = receipt.bucket ?? folder.bucket ?? "";
  if (deployment.world === "trial")
    return { endpoint: (await holder.current()).bucket.endpoint, name };
  return { endpoint: receipt.endpoint ?? folder.endpoint ?? "", name };
}

/**
 * Compares a folder's receipts with the list of its objects, in one pass over both, because they are in
 * the same order. Receipts whose keys aren't their paths are looked at one by one. Returns why the
 * folder can't be listed.
 */
async function compareList(
  dependencies: ObjectDependencies,
  way: Way,
  opening: Opening,
): Promise<ExhibitError | undefined> {
  const { ledger } = dependencies;
  const { part, tally, signal } = opening;
  const { folder, chosen } = part;
  const { endpoint, bucket, prefix } = folder;
  const listed = part.entries.filter(
    ({ place, receipt }) =>
      prefix !== null &&
      receipt.key === prefix + place.path &&
      receipt.bucket === bucket &&
      isSameEndpoint(receipt.endpoint ?? "", endpoint ?? ""),
  );
  const awaited = new Map(listed.map((entry) => [entry.receipt.key ?? "", entry]));
  const place = { bucket: bucket ?? "", prefix: prefix ?? "" };
  if (prefix !== null) {
    try {
      for await (const objects of pagesOf(dependencies, opening, prefix)) {
        const unknown: ListedObject[] = [];
        for (const object of objects) {
          const entry = awaited.get(object.key);
          awaited.delete(object.key);
          if (entry === undefined) unknown.push(object);
          else if (chosen.has(entry)) tally.count(compareFacts(entry, object));
        }
        const known = await knownKeys(
          ledger,
          place,
          unknown.map(({ key }) => key),
        );
        for (const { key, size } of unknown.filter((object) => !known.has(object.key)))
          tally.extra({ kind: "extra", folder: part.position, key, found: `${size} bytes` });
      }
    } catch (thrown) {
      return unreadableOf(thrown, signal, way.attempt);
    }
    tally.means.add("list");
  }
  for (const entry of awaited.values())
    if (chosen.has(entry)) tally.count(compareFacts(entry, undefined));
  const isListed = new Set(listed);
  const others = new Set([...chosen].filter((entry) => !isListed.has(entry)));
  await compareEach(dependencies, { ...way, by: "head" }, opening, others);
  return undefined;
}

/** Yields the objects of a folder's part, in their order. */
async function* pagesOf(
  { ledger, reading }: ObjectDependencies,
  { part, signal, leases }: Opening,
  prefix: string,
): AsyncGenerator<ListedObject[]> {
  const first = part.entries[0] as SealedEntry;
  const end = part.hasMore ? prefix + (part.entries.at(-1)?.place.path ?? "") : undefined;
  const holder = leases({ id: first.fileId, path: first.place.path });
  const bucket = await placeOf(ledger, part, first, holder);
  let after = part.after === undefined ? undefined : prefix + part.after;
  for (;;) {
    const page = await reading.list({ leases: holder, bucket, prefix, after, signal });
    const within = page.objects.filter(({ key }) => end === undefined || !isBehind(key, end));
    yield within;
    const last = page.objects.at(-1);
    if (page.isLast || last === undefined || within.length < page.objects.length) return;
    after = last.key;
  }
}

function isBehind(key: string, other: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(other)) > 0;
}

function ossCodeOf({ details }: ExhibitError): string | undefined {
  return details.oss_code === undefined ? undefined : String(details.oss_code);
}
