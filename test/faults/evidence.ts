import { hash } from "node:crypto";
import { mkdir, readFile, rename, rm, rmdir, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ImportRequest } from "@exhibit/contracts";
import type { Random } from "@exhibit/testkit";

/** How much evidence a case has. */
export interface EvidenceShape {
  /** Suits, each a folder. */
  folders: number;
  /** In all folders together. */
  files: number;
  /** How many of the files are too large for one PUT, so that they go in parts. */
  large: number;
  /** Their sizes: at least and at most. @defaultValue 9 to 28 MiB */
  largeBytes?: readonly [number, number];
}

/** A file that is to be stored. */
export interface EvidenceFile {
  /** The folder that is the source. */
  source: string;
  /** Below the source. */
  path: string;
  /** `bucket/key` of the object that it has to become. */
  key: string;
  /** The same where the vendor leads elsewhere. */
  movedKey: string;
  /** SHA-256 of what it has ever been: an object must be one of these and no mixture. */
  versions: string[];
  /** Changed or taken away since the case was made. */
  isTampered: boolean;
  /** Taken away, so that it need not be anywhere. */
  isGone: boolean;
}

/** A case on disk, and what may be done to it while it is imported. */
export interface Evidence {
  readonly entrustId: string;
  /** What `bucket/key` of each of its objects begins with. */
  readonly prefix: string;
  /** The same where the vendor leads elsewhere. */
  readonly movedPrefix: string;
  readonly files: readonly EvidenceFile[];
  readonly request: ImportRequest;
  /** Other bytes, as many as before. */
  change(file: EvidenceFile): Promise<void>;
  truncate(file: EvidenceFile): Promise<void>;
  grow(file: EvidenceFile): Promise<void>;
  remove(file: EvidenceFile): Promise<void>;
  /** From now on it is a file of another name, and the old one is gone. */
  rename(file: EvidenceFile): Promise<void>;
  /** A folder in its place: what may not be read can't be made for one who runs as root. */
  makeUnreadable(file: EvidenceFile): Promise<void>;
  /** As if the share of the case were no longer mounted: an empty folder lies in its place. What it gives mounts it again. */
  unmount(): Promise<() => Promise<void>>;
}

/** What stands before kongur's prefixes while it leads elsewhere. */
export const MOVED = "moved/";

const MiB = 1024 * 1024;
/** More than one PUT takes; they go in parts of 6 MiB. */
const LARGE = [9 * MiB, 28 * MiB] as const;
const names = [
  "照片/现场",
  "合同 (最终版)",
  "录音/第一次庭审🎧",
  "scan/page",
  "银行流水/二〇二四年/对账单",
  "statement of the witness",
];
const endings = [".jpg", ".pdf", ".mp3", ".docx", ""];

/** Makes a case below `root`; the random decide names, sizes and bytes. */
export async function makeEvidence(
  root: string,
  entrustId: string,
  shape: EvidenceShape,
  random: Random,
): Promise<Evidence> {
  const prefix = `evidence/kongur/${entrustId}/`;
  const movedPrefix = `evidence/${MOVED}kongur/${entrustId}/`;
  const files: EvidenceFile[] = [];
  const writing: Promise<void>[] = [];
  for (let number = 0; number < shape.files; number += 1) {
    const suit = `${1001 + (number % shape.folders)}`;
    const source = join(root, entrustId, suit);
    const path = `${random.pick(names)}-${String(number).padStart(5, "0")}${random.pick(endings)}`;
    const bytes = random.bytes(
      number < shape.large ? random.between(...(shape.largeBytes ?? LARGE)) : sizeOf(random),
    );
    const place = `suits/${suit}/${path}`;
    files.push({
      source,
      path,
      key: `${prefix}${place}`,
      movedKey: `${movedPrefix}${place}`,
      versions: [hash("sha256", bytes)],
      isTampered: false,
      isGone: false,
    });
    writing.push(write(join(source, path), bytes));
    // What waits to be written is in memory.
    if (writing.length % 64 === 0) await Promise.all(writing.splice(0));
  }
  await Promise.all(writing);
  const request = requestFor(entrustId, files);
  return {
    entrustId,
    prefix,
    movedPrefix,
    files,
    request,
    unmount: () => unmount(join(root, entrustId)),
    ...changesOf(random, files),
  };
}

function requestFor(entrustId: string, files: readonly EvidenceFile[]): ImportRequest {
  const sources = new Map(files.map(({ source }) => [source.split("/").at(-1) ?? "", source]));
  return {
    entrust_id: entrustId,
    suit_ids: [...sources.keys()],
    folders: [...sources].map(([suit_id, path]) => ({
      vendor: "kongur",
      folder: { suit_id },
      source: { type: "directory", path },
    })),
  };
}

/** Nothing, a few lines, pages, photos. */
function sizeOf(random: Random): number {
  const chance = random.number();
  if (chance < 0.05) return 0;
  if (chance < 0.8) return random.between(1, 4_000);
  if (chance < 0.97) return random.between(4_000, 40_000);
  return random.between(100_000, 600_000);
}

async function write(path: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

async function unmount(mountPoint: string): Promise<() => Promise<void>> {
  const away = `${mountPoint} (not mounted)`;
  await rename(mountPoint, away);
  await mkdir(mountPoint);
  return async () => {
    await rmdir(mountPoint);
    await rename(away, mountPoint);
  };
}

function changesOf(
  random: Random,
  files: EvidenceFile[],
): Pick<Evidence, "change" | "truncate" | "grow" | "remove" | "rename" | "makeUnreadable"> {
  const whereOf = ({ source, path }: EvidenceFile) => join(source, path);
  /** The version is noted first: it may be stored as soon as it is there. */
  async function replace(file: EvidenceFile, bytes: Buffer): Promise<void> {
    file.isTampered = true;
    file.versions.push(hash("sha256", bytes));
    await writeFile(whereOf(file), bytes);
    // The clock of a file system is coarse: a change within its tick must be seen all the same.
    const later = new Date(Date.now() + 5_000);
    await utimes(whereOf(file), later, later);
  }
  const sizeNow = async (file: EvidenceFile) => (await stat(whereOf(file))).size;
  return {
    change: async (file) => replace(file, random.bytes(await sizeNow(file))),
    grow: async (file) => replace(file, random.bytes((await sizeNow(file)) + 1_000)),
    async truncate(file) {
      const bytes = await readFile(whereOf(file));
      await replace(file, bytes.subarray(0, bytes.length / 2));
    },
    async remove(file) {
      file.isTampered = true;
      file.isGone = true;
      await rm(whereOf(file));
    },
    async rename(file) {
      const path = `${file.path} (renamed)`;
      const key = `${file.key} (renamed)`;
      const movedKey = `${file.movedKey} (renamed)`;
      files.push({ ...file, path, key, movedKey, versions: [...file.versions], isTampered: true });
      file.isTampered = true;
      file.isGone = true;
      await rename(whereOf(file), join(file.source, path));
    },
    async makeUnreadable(file) {
      file.isTampered = true;
      file.isGone = true;
      await rm(whereOf(file));
      await mkdir(whereOf(file));
    },
  };
}
