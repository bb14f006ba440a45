import { randomBytes } from "node:crypto";
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ossError } from "../protocol/oss-error.ts";
import type { Received } from "./receive-body.ts";

export interface UploadPart {
  number: number;
  /** Bytes. */
  size: number;
  crc64: string;
  /** With its quotes. */
  etag: string;
  /** Milliseconds since the epoch. */
  modified: number;
  /** The file's name in the upload's folder. */
  file: string;
}

export interface OpenUpload {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly contentType: string;
  readonly meta: Record<string, string>;
  /** Milliseconds since the epoch. */
  readonly initiated: number;
}

/** The multipart uploads that are neither completed nor aborted. They survive a restart. */
export interface OpenUploads {
  open(upload: Omit<OpenUpload, "id">): OpenUpload;
  /** Returns an upload. Throws `NoSuchUpload`, also for an upload of another object. */
  get(id: string, bucket: string, key: string): OpenUpload;
  /** Makes a received body a part, which replaces an earlier one of its number. Throws `NoSuchUpload`. */
  addPart(upload: OpenUpload, number: number, received: Received, now: number): UploadPart;
  /** Returns an upload's parts in ascending order of their numbers. */
  parts(upload: OpenUpload): UploadPart[];
  pathOf(upload: OpenUpload, part: UploadPart): string;
  /** Runs `work` while nobody else can use the upload, which is removed if that succeeds and open again if it fails. */
  consume<T>(upload: OpenUpload, work: () => Promise<T>): Promise<T>;
  ofBucket(bucket: string): OpenUpload[];
  /** Returns all open uploads, for tests. */
  list(): UploadSummary[];
}

/** An open upload, as tests see it. */
export interface UploadSummary {
  id: string;
  bucket: string;
  key: string;
  /** Numbers of the parts it has, ascending. */
  parts: number[];
}

interface Entry {
  upload: OpenUpload;
  parts: Map<number, UploadPart>;
}

export function openUploads(folder: string): OpenUploads {
  mkdirSync(folder, { recursive: true });
  const entries = readUploads(folder);
  let bodies = 0;

  function entryOf(upload: OpenUpload): Entry {
    const entry = entries.get(upload.id);
    if (entry === undefined) throw ossError("NoSuchUpload");
    return entry;
  }

  return {
    open(request) {
      const upload = { ...request, id: randomBytes(16).toString("hex").toUpperCase() };
      mkdirSync(join(folder, upload.id));
      writeFileSync(join(folder, upload.id, "upload.json"), JSON.stringify(upload));
      entries.set(upload.id, { upload, parts: new Map() });
      return upload;
    },
    get(id, bucket, key) {
      const upload = entries.get(id)?.upload;
      if (upload?.bucket !== bucket || upload.key !== key) throw ossError("NoSuchUpload");
      return upload;
    },
    addPart(upload, number, received, now) {
      const entry = entryOf(upload);
      const file = `part-${number}-${now.toString(36)}-${bodies++}`;
      const { size, crc64, md5 } = received;
      const etag = `"${md5.toString("hex").toUpperCase()}"`;
      const part: UploadPart = { number, size, crc64, etag, modified: now, file };
      renameSync(received.file, join(folder, upload.id, file));
      appendFileSync(join(folder, upload.id, "parts.jsonl"), `${JSON.stringify(part)}\n`);
      entry.parts.set(number, part);
      return part;
    },
    parts: (upload) => [...entryOf(upload).parts.values()].sort((a, b) => a.number - b.number),
    pathOf: (upload, part) => join(folder, upload.id, part.file),
    async consume(upload, work) {
      const entry = entryOf(upload);
      entries.delete(upload.id);
      try {
        const result = await work();
        await rm(join(folder, upload.id), { recursive: true, force: true });
        return result;
      } catch (error) {
        entries.set(upload.id, entry);
        throw error;
      }
    },
    ofBucket: (bucket) =>
      [...entries.values()]
        .map((entry) => entry.upload)
        .filter((upload) => upload.bucket === bucket),
    list: () =>
      [...entries.values()].map(({ upload: { id, bucket, key }, parts }) => {
        return { id, bucket, key, parts: [...parts.keys()].sort((a, b) => a - b) };
      }),
  };
}

function readUploads(folder: string): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const id of readdirSync(folder)) {
    const upload = readJsonLines<OpenUpload>(join(folder, id, "upload.json"))[0];
    if (upload === undefined) continue;
    const parts = readJsonLines<UploadPart>(join(folder, id, "parts.jsonl"));
    entries.set(id, { upload, parts: new Map(parts.map((part) => [part.number, part])) });
  }
  return entries;
}

/** Reads lines of JSON up to one that a killed sandbox left torn: it was never acknowledged. */
function readJsonLines<T>(path: string): T[] {
  const values: T[] = [];
  for (const line of readIfThere(path).split("\n")) {
    try {
      if (line !== "") values.push(JSON.parse(line) as T);
    } catch {
      return values;
    }
  }
  return values;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
