import type { FileHandle } from "node:fs/promises";
import { ExhibitError } from "@exhibit/contracts";
import { checkUnchanged, factsOf } from "./file-facts.ts";
import type { FileFacts } from "./source.ts";
import { sourceError } from "./source-error.ts";

/** Bytes in one read: large enough that calls don't count, small enough that thousands of files fit in memory. */
const CHUNK = 256 * 1024;

interface Range {
  readonly handle: FileHandle;
  readonly path: string;
  /** What the file was when it was opened. */
  readonly facts: FileFacts;
  readonly start: number;
  readonly end: number;
}

/** Gives the bytes [start, end) of an open file; see `OpenFile.read`. */
export async function* readRange(range: Range): AsyncGenerator<Buffer, void, void> {
  const { path, start, end } = range;
  checkRange(range);
  try {
    let at = start;
    while (at < end) {
      const chunk = await readChunk(range, at);
      at += chunk.length;
      // Before the last chunk is given away: the consumer can't have sent everything yet when this throws.
      if (at === end) await checkStill(range);
      yield chunk;
    }
    if (start === end) await checkStill(range);
  } catch (thrown) {
    throw sourceError(thrown, path);
  }
}

async function readChunk({ handle, path, end }: Range, at: number): Promise<Buffer> {
  const wanted = Math.min(CHUNK, end - at);
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(wanted), 0, wanted, at);
  if (bytesRead > 0) return buffer.subarray(0, bytesRead);
  throw new ExhibitError(
    "SOURCE_CHANGED",
    `${path} has changed: it ended at byte ${at} while bytes up to ${end} were read.`,
    { details: { path, ended_at: at, wanted: end } },
  );
}

async function checkStill({ handle, path, facts }: Range): Promise<void> {
  checkUnchanged(path, facts, factsOf(await handle.stat()));
}

function checkRange({ path, facts, start, end }: Range): void {
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end)) {
    if (start >= 0 && start <= end && end <= facts.size) return;
  }
  throw new ExhibitError(
    "INTERNAL",
    `Bytes ${start} to ${end} of ${path} were asked for, which has ${facts.size}.`,
  );
}
