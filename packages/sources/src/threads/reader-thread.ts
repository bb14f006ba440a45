import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { ExhibitError } from "@exhibit/contracts/errors";
import type { PieceDigests } from "../digests/digester.ts";
import type { Place } from "../file-system/place.ts";
import type { PackedEntries } from "./packed-entries.ts";
import type {
  Answers,
  OpenedFile,
  ReadAnswer,
  ReadAnswers,
  ReadJob,
  ThreadData,
} from "./protocol.ts";
import type { Slice } from "./shared-memory.ts";
import { fromThreadError } from "./thread-error.ts";

/** A reader thread, as the main thread sees it. Its methods throw SOURCE_*. */
export interface ReaderThread {
  /** Jobs that it hasn't answered yet. */
  readonly busy: number;
  /**
   * Milliseconds that a recent job, or each MiB of a large one, took the disk: a moving average.
   */
  readonly pace: number;
  /**
   * Milliseconds for which it has owed an answer: since its last one, or since it got work again.
   */
  readonly silence: number;
  /** Milliseconds since it last had a job, an open file or a walk. */
  readonly idle: number;
  open(job: Opening): Promise<OpenedFile>;
  /** Opens, reads and closes a file that has exactly as many bytes as `whole`. */
  readWhole(job: Opening & { whole: Slice }): Promise<PieceDigests>;
  read(file: number, into: Slice): Promise<PieceDigests>;
  rewind(file: number): Promise<void>;
  close(file: number): Promise<void>;
  /** Returns a walk below a place, which begins when it is asked for its first entries. */
  walk(place: Place): RunningWalk;
  stop(): Promise<void>;
}

/** A walk in a thread. Whoever began it ends it. */
interface RunningWalk {
  /** Returns the next entries; undefined after the last ones. */
  next(): Promise<PackedEntries | undefined>;
  /** Closes the folders that it has open. */
  end(): Promise<void>;
}

/** What is to be opened. */
export type Opening = Pick<Extract<ReadJob, { do: "open" }>, "place" | "path" | "expected">;

interface Waiting {
  /** How many small jobs it counts for. */
  work: number;
  resolve(answer: ReadAnswer): void;
  reject(error: unknown): void;
}

/** How much the latest jobs count in the moving average of what jobs take. */
const WEIGHT_OF_LATEST = 0.2;
/** In MiB, a fraction of Node's defaults: a thread keeps nothing for long. */
const HEAP = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 64 };
/** Flags of the main thread, which has its memory by now, would take precedence over HEAP. */
for (const flag of ["--min-semi-space-size=0", "--max-semi-space-size=0"]) setFlagsFromString(flag);

/**
 * Starts a thread, which keeps the process alive only while it has something to do.
 *
 * @param onEnd called when it has ended, whether it was stopped or failed
 * @param data what it reads into, and how; a thread that only walks needs neither
 */
export function startReaderThread(
  onEnd: () => void,
  { memory = new SharedArrayBuffer(0), withSm3 = false }: Partial<ThreadData> = {},
): ReaderThread {
  const worker = new Worker(new URL("./thread-main.ts", import.meta.url), {
    resourceLimits: HEAP,
    execArgv: [],
    workerData: { memory, withSm3 } satisfies ThreadData,
  });
  const waiting = new Map<number, Waiting>();
  let orders: ReadJob[] = [];
  let lastId = 0;
  let lastWalk = 0;
  let pace = 0;
  /** Open files, and walks. */
  let held = 0;
  let busyAt = performance.now();
  let heardAt = busyAt;
  let fault: Error | undefined;

  worker.unref();
  worker.on("message", ({ answers, onDisk }: ReadAnswers) => {
    const work = answers.reduce((sum, { id }) => sum + (waiting.get(id)?.work ?? 1), 0);
    heardAt = performance.now();
    pace += (onDisk / work - pace) * WEIGHT_OF_LATEST;
    answers.forEach(settle);
  });
  worker.on("error", (error) => {
    fault = error;
  });
  worker.on("exit", () => {
    onEnd();
    fault ??= new Error("The reader thread was stopped.");
    for (const { reject } of waiting.values()) reject(ended(fault));
    waiting.clear();
  });

  function settle(answer: ReadAnswer): void {
    const one = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (waiting.size === 0) rest();
    if ("error" in answer) one?.reject(fromThreadError(answer.error));
    else one?.resolve(answer);
  }

  function rest(): void {
    worker.unref();
    busyAt = performance.now();
  }

  /** Sends what was asked in one turn of the event loop in one message. */
  function flush(): void {
    worker.postMessage(orders);
    orders = [];
  }

  /** Returns what the answer has under `key`. */
  function ask<Key extends keyof Answers>(job: Ask, key: Key): Promise<Answers[Key]> {
    return new Promise((resolve, reject) => {
      if (fault !== undefined) throw ended(fault);
      const id = ++lastId;
      if (waiting.size === 0) {
        worker.ref();
        heardAt = performance.now();
      }
      const take = (answer: ReadAnswer) => resolve((answer as Pick<Answers, Key>)[key]);
      waiting.set(id, { work: workOf(job), resolve: take, reject });
      if (orders.push({ id, ...job }) === 1) setImmediate(flush);
    });
  }

  return {
    get busy() {
      return waiting.size;
    },
    get pace() {
      return pace;
    },
    get silence() {
      return waiting.size > 0 ? performance.now() - heardAt : 0;
    },
    get idle() {
      return waiting.size > 0 || held > 0 ? 0 : performance.now() - busyAt;
    },
    async open(job) {
      const opened = await ask({ do: "open", whole: undefined, ...job }, "opened");
      held += 1;
      return opened;
    },
    readWhole: (job) => ask({ do: "open", ...job }, "piece"),
    read: (file, into) => ask({ do: "read", file, into }, "piece"),
    rewind: async (file) => void (await ask({ do: "rewind", file }, "done")),
    async close(file) {
      held -= 1;
      await ask({ do: "close", file }, "done");
    },
    walk(place) {
      const walk = ++lastWalk;
      held += 1;
      return {
        next: () => ask({ do: "walk", walk, place }, "entries"),
        async end() {
          held -= 1;
          await ask({ do: "end walk", walk }, "done");
        },
      };
    },
    stop: async () => void (await worker.terminate()),
  };
}

type Ask = DistributiveOmit<ReadJob, "id">;

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown
  ? Omit<Union, Key>
  : never;

const MiB = 1024 * 1024;

function workOf(job: Ask): number {
  if (job.do === "walk") return FILES_AS_WALKED;
  return job.do === "read" ? Math.max(1, job.into.length / MiB) : 1;
}

/** Looking at 64 names takes a disk as long as opening and reading this many small files. */
const FILES_AS_WALKED = 8;

function ended(cause: Error): ExhibitError {
  const message = `The thread that reads files has ended: ${cause.message}`;
  return new ExhibitError("SOURCE_IO", message, { cause });
}
