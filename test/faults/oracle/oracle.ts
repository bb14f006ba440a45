import { type Counters, counterNames, noCounters } from "@exhibit/contracts";
import type { Facts, FileFact, FolderFact, ImportFact, ObjectFact, SourceFact } from "./facts.ts";

/** What must never happen, by name. */
export const violationNames = [
  "LOST",
  "WRONG_BYTES",
  "NO_SOURCE",
  "ELSEWHERE",
  "OVERWRITTEN",
  "RECEIPT_WRONG",
  "STORED_TWICE",
  "SENT_AGAIN",
  "TOTALS_WRONG",
  "NOT_ENDED",
  "UPLOAD_OPEN",
  "SECRET_IN_PLAIN",
  "PROCESS_DIED",
  "NOT_SEEN",
] as const;
export type ViolationName = (typeof violationNames)[number];

export interface Violation {
  name: ViolationName;
  /** A sentence that names the thing. */
  what: string;
}

type Check = (facts: Facts) => string[];

/**
 * Judges what was gathered from outside: files, objects, the API's lists, the ledger's rows, OSS's
 * requests, Redis and logs. Returns every violation; none means that nothing was lost, nothing is
 * wrong and nothing was left behind.
 */
export function judge(facts: Facts): Violation[] {
  return violationNames.flatMap((name) => checks[name](facts).map((what) => ({ name, what })));
}

const checks: Record<ViolationName, Check> = {
  /** Every source file is in OSS with one of its own digests, or listed with its code. */
  LOST(facts) {
    const objects = objectsByKey(facts);
    const listed = listedBySource(facts);
    return facts.sources
      .filter((source) => !keysOf(source).some((key) => objects.has(key)) && !source.isGone)
      .filter((source) => !(listed.get(idOf(source)) ?? []).some(isListedWithReason))
      .map((source) => `${source.key} is neither stored nor listed with a code`);
  },

  WRONG_BYTES(facts) {
    const sources = sourcesByKey(facts);
    return facts.objects.flatMap(({ key, sha256 }) => {
      const source = sources.get(key);
      if (source === undefined || source.versions.includes(sha256)) return [];
      return [`${key} has SHA-256 ${sha256}, the file never had`];
    });
  },

  NO_SOURCE(facts) {
    const sources = sourcesByKey(facts);
    return facts.objects
      .filter(({ key }) => !sources.has(key))
      .map(({ key }) => `${key} has no source`);
  },

  /** All that a folder's import stored is where its first lease led, or where a person had it go instead. */
  ELSEWHERE(facts) {
    const sources = sourcesByKey(facts);
    const folders = facts.imports.flatMap((one) => one.folders);
    const places = new Map(
      [...Map.groupBy(folders, ({ source }) => source)].map(([source, those]) => [
        source,
        new Set(those.flatMap((folder) => folder.places)),
      ]),
    );
    const objects = facts.objects.flatMap(({ key }) => {
      const { source, path } = sources.get(key) ?? {};
      if (source === undefined || path === undefined) return [];
      const isThere = places.get(source)?.has(key.slice(0, -path.length)) === true;
      return isThere ? [] : [`${key} lies where no folder's lease led first`];
    });
    const receipts = storedFiles(facts).flatMap(({ import: { id }, folder, file }) => {
      const isThere = folder?.places.some((place) => keyOf(file).startsWith(place)) === true;
      return isThere ? [] : [`the receipt of ${file.path} (import ${id}) leads elsewhere`];
    });
    return [...objects, ...receipts];
  },

  OVERWRITTEN(facts) {
    return facts.objects.flatMap(({ key, writes }) =>
      new Set(writes).size > 1 ? [`${key} was written with ${writes.join(", then ")}`] : [],
    );
  },

  /** What the product calls stored is there, with the digest that it says. */
  RECEIPT_WRONG(facts) {
    const objects = objectsByKey(facts);
    return storedFiles(facts).flatMap(({ import: { id }, file }) => {
      const object = objects.get(keyOf(file));
      if (object === undefined)
        return [`${file.path} of import ${id} is ${file.state}, but isn't there`];
      if (object.sha256 === file.sha256 && object.size === file.size) return [];
      return [`the receipt of ${object.key} (import ${id}) isn't that of the object`];
    });
  },

  /** One write of an object is one file's outcome; all others found it there. */
  STORED_TWICE(facts) {
    const outcomes = new Map<string, number>();
    for (const { file } of storedFiles(facts)) {
      if (file.state !== "stored") continue;
      const key = keyOf(file);
      outcomes.set(key, (outcomes.get(key) ?? 0) + 1);
    }
    return facts.objects.flatMap(({ key, writes }) => {
      const count = outcomes.get(key) ?? 0;
      return count > writes.length
        ? [`${key} was written ${writes.length} times and stored ${count} times`]
        : [];
    });
  },

  /** A file whose outcome is recorded, in every import that has it, isn't sent any more. */
  SENT_AGAIN(facts) {
    const recorded = recordedByKey(facts);
    return facts.sent.flatMap(({ key, operation, at }) => {
      const since = at - (recorded.get(key) ?? Number.POSITIVE_INFINITY);
      return since > GRAIN_MS
        ? [`${operation} of ${key} ${since} ms after its outcome was recorded`]
        : [];
    });
  },

  TOTALS_WRONG: (facts) => facts.imports.flatMap(wrongTotals),

  NOT_ENDED: (facts) => facts.imports.flatMap(wrongEnd),

  UPLOAD_OPEN: (facts) => facts.openUploads.map(({ key, id }) => `upload ${id} of ${key} is open`),

  SECRET_IN_PLAIN: (facts) => facts.leaks.map(({ where, what }) => `${where} holds ${what}`),

  PROCESS_DIED: (facts) =>
    facts.deaths.map(
      ({ name, code, signal }) => `${name} ended by itself (${signal ?? `code ${code}`})`,
    ),

  /** What the oracle couldn't look at, it can't vouch for. */
  NOT_SEEN: ({ missedRequests }) =>
    missedRequests > 0 ? [`${missedRequests} requests to OSS weren't kept`] : [],
};

/** A request may be on its way while the outcome is being recorded by another worker. */
const GRAIN_MS = 250;

const resting = new Set(["sealed", "attention", "cancelled"]);

/** Failed or given up with a code; or planned in an import that a person has cancelled. */
function isListedWithReason({ file, status }: Listed): boolean {
  if (file.state === "failed" || file.state === "waived") return file.code !== null;
  return status === "cancelled" && file.state === "planned";
}

interface Listed {
  file: FileFact;
  status: string;
}

function idOf({ source, path }: Pick<SourceFact, "source" | "path">): string {
  return `${source}\n${path}`;
}

function objectsByKey({ objects }: Facts): Map<string, ObjectFact> {
  return new Map(objects.map((object) => [object.key, object]));
}

/** All that the API lists, by source file; a folder that couldn't be walked, or is cancelled before, stands for its files. */
function listedBySource({ imports, sources }: Facts): Map<string, Listed[]> {
  const listed = new Map<string, Listed[]>();
  const add = (id: string, entry: Listed) => listed.set(id, [...(listed.get(id) ?? []), entry]);
  for (const { files, folders, status } of imports) {
    const sourceOf = new Map(folders.map(({ id, source }) => [id, source]));
    for (const file of files)
      add(idOf({ source: sourceOf.get(file.folderId) ?? "", path: file.path }), { file, status });
    const unwalked = new Map(
      folders
        .filter(({ code, isPlanned }) => code !== null || (status === "cancelled" && !isPlanned))
        .map((folder) => [folder.source, folder]),
    );
    for (const source of unwalked.size === 0 ? [] : sources) {
      const folder = unwalked.get(source.source);
      if (folder === undefined) continue;
      add(idOf(source), {
        file: unwalkedFile(source, folder.id, folder.code ?? "CANCELLED"),
        status,
      });
    }
  }
  return listed;
}

function unwalkedFile({ path }: SourceFact, folderId: string, code: string): FileFact {
  return {
    folderId,
    path,
    code,
    size: 0,
    state: "failed",
    bucket: null,
    key: null,
    sha256: null,
    recordedAt: null,
  };
}

interface StoredFile {
  import: ImportFact;
  folder: FolderFact | undefined;
  file: FileFact;
}

function storedFiles({ imports }: Facts): StoredFile[] {
  return imports.flatMap((one) => {
    const folders = new Map(one.folders.map((folder) => [folder.id, folder]));
    return one.files
      .filter(({ state }) => state === "stored" || state === "identical")
      .map((file) => ({ import: one, folder: folders.get(file.folderId), file }));
  });
}

/** `bucket/key`, as the receipt has it. */
function keyOf({ bucket, key }: FileFact): string {
  return `${bucket}/${key}`;
}

/** Where an object of the file may lie: it depends on where its folder's first lease led. */
function keysOf({ key, movedKey }: SourceFact): string[] {
  return [key, movedKey];
}

function sourcesByKey({ sources }: Facts): Map<string, SourceFact> {
  return new Map(sources.flatMap((source) => keysOf(source).map((key) => [key, source])));
}

/** When the last of a key's outcomes was recorded; keys with a file that has none yet aren't there. */
function recordedByKey(facts: Facts): Map<string, number> {
  const listed = listedBySource(facts);
  const recorded = new Map<string, number>();
  for (const source of facts.sources) {
    const times = (listed.get(idOf(source)) ?? []).map(({ file }) => file.recordedAt);
    if (times.length === 0 || times.includes(null)) continue;
    const last = Math.max(...times.map(Number));
    for (const key of keysOf(source)) recorded.set(key, last);
  }
  return recorded;
}

/** Counters that must be equal: the API's, the import's, the sum of its folders', and each folder's to its rows. */
function wrongTotals({ id, totals, ledger, folders }: ImportFact): string[] {
  const sum = folders.map((folder) => folder.counted).reduce(added, noCounters);
  return [
    ...differences(`import ${id}: the API`, totals, ledger),
    ...differences(`import ${id}: its counters`, ledger, sum),
    ...folders.flatMap((folder) =>
      differences(`folder ${folder.id} of import ${id}`, folder.totals, folder.counted),
    ),
  ];
}

function added(one: Counters, other: Counters): Counters {
  return Object.fromEntries(
    counterNames.map((name) => [name, one[name] + other[name]]),
  ) as Counters;
}

function differences(what: string, said: Counters, counted: Counters): string[] {
  const wrong = counterNames.filter((name) => said[name] !== counted[name]);
  if (wrong.length === 0) return [];
  return [
    `${what}: ${wrong.map((name) => `${name} ${said[name]} (counted: ${counted[name]})`).join(", ")}`,
  ];
}

/** An import that rests has nothing open, and its status says what its files say. */
function wrongEnd({ id, status, openFolders, openShards, folders, files }: ImportFact): string[] {
  if (!resting.has(status)) return [`import ${id} is still ${status}`];
  if (status === "cancelled") return [];
  const open = files.filter(({ state }) => state === "planned").length;
  const failed =
    files.some(({ state }) => state === "failed") || folders.some(({ code }) => code !== null);
  return [
    ...(open > 0 ? [`import ${id} is ${status} with ${open} files planned`] : []),
    ...(openFolders + openShards > 0
      ? [`import ${id} is ${status} with ${openFolders} folders and ${openShards} shards open`]
      : []),
    ...((status === "attention") === failed
      ? []
      : [`import ${id} is ${status}, and ${failed ? "something" : "nothing"} failed`]),
  ];
}
