import { ExhibitError } from "@exhibit/contracts/errors";
import { createDigester, type Digester, type PieceDigests } from "../digests/digester.ts";
import { type OpenFile, openFile } from "../file-system/open-file.ts";
import type { OpenedFile, ReadAnswer, ReadJob, ThreadData } from "./protocol.ts";
import { bytesAt } from "./shared-memory.ts";
import { toThreadError } from "./thread-error.ts";
import { createThreadWalks } from "./thread-walks.ts";

/** A file that is being read. */
interface Reading {
  source: OpenFile;
  at: number;
  digester: Digester;
}

/** What a thread does: the files that it has open, and its walks. */
export interface ThreadJobs {
  /** Does a job. An error is an answer, too. */
  answer(job: ReadJob): ReadAnswer;
  /** Milliseconds that digests have taken so far; the rest of what answers take is the disk's. */
  readonly digesting: number;
}

export function createThreadJobs({ memory, withSm3 }: ThreadData): ThreadJobs {
  const files = new Map<number, Reading>();
  const walks = createThreadWalks();
  let lastFile = 0;
  let digesting = 0;

  function open({ place, path, expected }: Opening): OpenedFile {
    const source = openFile(place, path, expected);
    const file = ++lastFile;
    files.set(file, { source, at: 0, digester: createDigester({ withSm3 }) });
    return { file, size: source.size, modifiedAt: source.modifiedAt };
  }

  function readingOf(file: number): Reading {
    const reading = files.get(file);
    if (reading === undefined) throw new ExhibitError("INTERNAL", "The file isn't open.");
    return reading;
  }

  function close(file: number): void {
    const reading = files.get(file);
    files.delete(file);
    reading?.source.close();
  }

  function readWhole({ place, path, expected }: Opening, into: Uint8Array): PieceDigests {
    const source = openFile(place, path, expected);
    try {
      return read({ source, at: 0, digester: createDigester({ withSm3 }) }, into);
    } finally {
      source.close();
    }
  }

  function read(reading: Reading, into: Uint8Array): PieceDigests {
    const { source, at, digester } = reading;
    source.read(into, at);
    reading.at += into.length;
    const began = performance.now();
    const digests = digester.digest(into, reading.at === source.size);
    digesting += performance.now() - began;
    return digests;
  }

  function act(job: ReadJob) {
    switch (job.do) {
      case "open":
        return job.whole
          ? { piece: readWhole(job, bytesAt(memory, job.whole)) }
          : { opened: open(job) };
      case "read":
        return { piece: read(readingOf(job.file), bytesAt(memory, job.into)) };
      case "rewind":
        Object.assign(readingOf(job.file), { at: 0, digester: createDigester({ withSm3 }) });
        return { done: true as const };
      case "close":
        close(job.file);
        return { done: true as const };
      case "walk":
        return { entries: walks.next(job.walk, job.place) };
      case "end walk":
        walks.end(job.walk);
        return { done: true as const };
    }
  }

  return {
    answer(job) {
      try {
        return { id: job.id, ...act(job) };
      } catch (thrown) {
        return { id: job.id, error: toThreadError(thrown) };
      }
    },
    get digesting() {
      return digesting;
    },
  };
}

type Opening = Extract<ReadJob, { do: "open" }>;
