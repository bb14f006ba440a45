import { hash } from "node:crypto";
import { mkdir, readFile, rename, rm, rmdir, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ImportRequest } from "@exhibit/contracts";
import type { Random } from "@exhibit/testkit/random";

/** The size of a case. */
export interface EvidenceShape {
  /** The number of suits, each a folder. */
  folders: number;
  /** The number of files in all folders together. */
  files: number;
  /** How many of the files are too large for one PUT, so that they are sent in parts. */
  large: number;
  /** The least and the largest size of a large file. @defaultValue 9 to 28 MiB */
  largeBytes?: readonly [number, number];
}

/** A file to store. */
export interface EvidenceFile {
  /** The folder that is the source. */
  source: string;
  /** Its path below the source. */
  path: string;
  /** The `bucket/key` of its object. */
  key: string;
  /** The same where the vendor leads elsewhere. */
  movedKey: string;
  /** The SHA-256 of each content that it ever had: an object must be one of these and no mixture. */
  versions: string[];
  /** Whether it was changed or removed since the case was made. */
  isTampered: boolean;
  /** Whether it was removed, so that it needn't be stored. */
  isGone: boolean;
}

/** A case on disk, and the changes that a test makes while it is imported. */
export interface Evidence {
  readonly entrustId: string;
  /** The beginning of each of its objects' `bucket/key`. */
  readonly prefix: string;
  /** The same where the vendor leads elsewhere. */
  readonly movedPrefix: string;
  readonly files: readonly EvidenceFile[];
  readonly request: ImportRequest;
  /** Replaces its bytes by as many others. */
  change(file: EvidenceFile): Promise<void>;
  truncate(file: EvidenceFile): Promise<void>;
  grow(file: EvidenceFile): Promise<void>;
  remove(file: EvidenceFile): Promise<void>;
  /** Renames it: there is a file of another name, and the old one is gone. */
  rename(file: EvidenceFile): Promise<void>;
  /** Puts a folder in its place, because root can read any file. */
  makeUnreadable(file: EvidenceFile): Promise<void>;
  /** Puts an empty folder in the place of the case, as if its share were no longer mounted. Returns what mounts it again. */
  unmount(): Promise<() => Promise<void>>;
}

/** Is put before kongur's prefixes while its answers lead elsewhere. */
export const MOVED = "moved/";

const MiB = 1024 * 1024;
/** More than fits one PUT: such files are sent in parts of 6 MiB. */
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

/** Makes a case below `root`. `random` decides names, sizes and bytes. */
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
    // Pending writes take memory.
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

/** Returns the size of an empty file, a few lines, pages, or a photo. */
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
  /** Records the version first: it may be stored as soon as it is written. */
  async function replace(file: EvidenceFile, bytes: Buffer): Promise<void> {
    file.isTampered = true;
    file.versions.push(hash("sha256", bytes));
    await writeFile(whereOf(file), bytes);
    // A file system's clock is coarse: a change within one of its ticks must be seen, too.
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
