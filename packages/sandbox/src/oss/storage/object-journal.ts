import { closeSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { ExhibitError } from "@exhibit/contracts";

/** The journal's record of an object. */
export interface ObjectRecord {
  bucket: string;
  key: string;
  /** Bytes. */
  size: number;
  /** CRC-64/XZ, an unsigned decimal number. */
  crc64: string;
  /** With its quotes. */
  etag: string;
  type: "Normal" | "Multipart";
  contentType: string;
  /** Milliseconds since the epoch. */
  modified: number;
  /** The `x-oss-meta-*` headers. */
  meta?: Record<string, string>;
  /** The version's id, where the bucket kept versions when it was written. */
  version?: string;
  /** Set for an object in the folder of odd names. */
  odd?: true;
}

/** A line about a key: its object, or that it was deleted. The last line counts. */
export type JournalLine = ObjectRecord | { bucket: string; key: string; deleted: true };

/**
 * The append-only file of all objects, one JSON line for each change. Memory holds only the offset
 * of each line. Lines are written before the response is sent; they aren't fsynced.
 */
export interface ObjectJournal {
  /** Writes a line and returns its offset. */
  append(line: JournalLine): number;
  read(offset: number): ObjectRecord;
  close(): void;
}

const BLOCK_BYTES = 1024 * 1024;
/** The size of a first read: most lines are shorter. */
const LINE_BYTES = 1024;

/** Opens the journal and calls `onLine` for each of its lines, oldest first. */
export function openObjectJournal(
  path: string,
  onLine: (line: JournalLine, offset: number) => void,
): ObjectJournal {
  // Not "a": some systems forbid reading then, and cutting off a torn line needs "r+".
  closeSync(openSync(path, "a"));
  const file = openSync(path, "r+");
  let end = replay(file, onLine);
  // A line without its end was being written when the sandbox was killed: its object was never acknowledged.
  ftruncateSync(file, end);
  return {
    append(line) {
      const offset = end;
      end += writeSync(file, `${JSON.stringify(line)}\n`, offset);
      return offset;
    },
    read: (offset) => JSON.parse(readLine(file, offset)) as ObjectRecord,
    close: () => closeSync(file),
  };
}

/** Returns the offset after the last whole line. */
function replay(file: number, onLine: (line: JournalLine, offset: number) => void): number {
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  let position = 0;
  for (;;) {
    const length = readSync(file, block, 0, BLOCK_BYTES, position);
    let begin = 0;
    for (
      let stop = block.indexOf(10);
      stop !== -1 && stop < length;
      stop = block.indexOf(10, begin)
    ) {
      onLine(lineOf(block.toString("utf8", begin, stop), position + begin), position + begin);
      begin = stop + 1;
    }
    // A line is far shorter than a block: a block without a line's end is the end of the file.
    if (begin === 0) return position;
    position += begin;
  }
}

function lineOf(text: string, offset: number): JournalLine {
  try {
    return JSON.parse(text) as JournalLine;
  } catch (cause) {
    throw damaged(offset, cause);
  }
}

function damaged(offset: number, cause: unknown): ExhibitError {
  return new ExhibitError(
    "CONFIG_INVALID",
    `The sandbox's list of objects (objects.jsonl) is damaged at byte ${offset}. Remove the sandbox's data folder, or give another by EXHIBIT_DATA_DIR: its objects are copies.`,
    { cause },
  );
}

function readLine(file: number, offset: number): string {
  for (let size = LINE_BYTES; ; size *= 4) {
    const bytes = Buffer.allocUnsafe(size);
    const length = readSync(file, bytes, 0, size, offset);
    const stop = bytes.indexOf(10);
    if (stop !== -1 && stop < length) return bytes.toString("utf8", 0, stop);
    if (length < size) return bytes.toString("utf8", 0, length);
  }
}
