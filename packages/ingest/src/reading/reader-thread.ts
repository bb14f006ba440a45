import { parentPort } from "node:worker_threads";
import { ExhibitError, toExhibitError } from "@exhibit/contracts";
import { createDigesters } from "@exhibit/oss/digests";
import { type OpenFile, openFile } from "@exhibit/sources/open-file";
import type { PieceDigests, ReadAnswer, ReadJob, ThreadError } from "./thread-protocol.ts";

// A thread that reads files and digests them. It may block: that is what it is for. Seven calls of node:fs/promises for each
// small file cost more than all else that is done with it; here they are plain system calls, and one message is the whole cost.

interface Reading {
  source: OpenFile;
  at: number;
  digester: ReturnType<typeof digesters.start>;
}

/** Answers are kept back for others this long, in milliseconds. */
const ANSWER_WITHIN = 1;

const port = parentPort;
if (port === null) throw new ExhibitError("INTERNAL", "This is a thread's module.");
const digesters = await createDigesters();
const files = new Map<number, Reading>();
let opened = 0;

port.on("message", (jobs: ReadJob[]) => {
  let answers: ReadAnswer[] = [];
  let since = performance.now();
  for (const job of jobs) {
    answers.push(answerTo(job));
    if (performance.now() - since < ANSWER_WITHIN) continue;
    port.postMessage(answers);
    answers = [];
    since = performance.now();
  }
  if (answers.length > 0) port.postMessage(answers);
});

function answerTo(job: ReadJob): ReadAnswer {
  const { id } = job;
  try {
    switch (job.do) {
      case "open":
        return { id, opened: open(job) };
      case "read":
        return { id, piece: read(readingOf(job.file), job.into) };
      case "rewind":
        rewind(readingOf(job.file));
        return { id, done: true };
      case "close":
        close(job.file);
        return { id, done: true };
    }
  } catch (thrown) {
    return { id, error: toThreadError(thrown) };
  }
}

function open({ place, path, expected, first }: Extract<ReadJob, { do: "open" }>) {
  const source = openFile(place, path, expected);
  const file = ++opened;
  const { size, modifiedAt } = source;
  const reading = { source, at: 0, digester: digesters.start() };
  files.set(file, reading);
  try {
    const piece = first && read(reading, first.subarray(0, Math.min(first.length, size)));
    // Nobody needs a small file again that was read whole.
    if (piece?.sha256) close(file);
    return { file, size, modifiedAt, first: piece };
  } catch (error) {
    close(file);
    throw error;
  }
}

function read(reading: Reading, into: Uint8Array): PieceDigests {
  const { source, digester } = reading;
  for (let filled = 0; filled < into.length; ) {
    filled += source.read(into.subarray(filled), reading.at + filled);
  }
  reading.at += into.length;
  digester.update(into);
  const crc64 = digester.cut();
  if (reading.at < source.size) return { crc64, sha256: undefined };
  // Before the last bytes are given away: nobody can have sent everything yet when this throws.
  source.checkUnchanged();
  return { crc64, sha256: digester.finish().sha256 };
}

function rewind(reading: Reading): void {
  reading.digester.drop();
  reading.digester = digesters.start();
  reading.at = 0;
}

function close(file: number): void {
  const reading = files.get(file);
  files.delete(file);
  reading?.digester.drop();
  reading?.source.close();
}

function readingOf(file: number): Reading {
  const reading = files.get(file);
  if (reading === undefined) throw new ExhibitError("INTERNAL", "The file isn't open.");
  return reading;
}

function toThreadError(thrown: unknown): ThreadError {
  const { code, message, details } = toExhibitError(thrown, "SOURCE_IO");
  return { code, message, details };
}
