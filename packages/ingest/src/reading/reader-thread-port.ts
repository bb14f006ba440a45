import { Worker } from "node:worker_threads";
import { ExhibitError, toExhibitError } from "@exhibit/contracts";
import type { OpenedFile, PieceDigests, ReadAnswer, ReadJob, ThreadError } from "./thread-protocol.ts";

/** One reader thread, as the main thread speaks to it. What its methods throw is SOURCE_*. */
export interface ReaderThread {
  /** Jobs that it hasn't answered. */
  readonly busy: number;
  open(job: Job<"open">): Promise<OpenedFile>;
  read(job: Job<"read">): Promise<PieceDigests>;
  rewind(file: number): Promise<void>;
  close(file: number): Promise<void>;
  stop(): Promise<void>;
}

type Job<Kind extends ReadJob["do"]> = Omit<Extract<ReadJob, { do: Kind }>, "id" | "do">;
type Answer<Part extends string> = Extract<ReadAnswer, Record<Part, unknown>>;

interface Waiting {
  resolve(answer: ReadAnswer): void;
  reject(error: unknown): void;
}

/** The thread starts with the first file, and again after a failure of its own. */
export function createReaderThread(): ReaderThread {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let orders: ReadJob[] = [];
  let lastId = 0;

  function start(): Worker {
    const started = new Worker(new URL("./reader-thread.ts", import.meta.url));
    started.unref();
    started.on("message", (answers: ReadAnswer[]) => {
      for (const answer of answers) settle(answer);
    });
    started.on("error", (error) => fail(started, error));
    started.on("exit", () => fail(started, new Error("The reader thread ended.")));
    return started;
  }

  function settle(answer: ReadAnswer): void {
    const one = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (waiting.size === 0) worker?.unref();
    if ("error" in answer) one?.reject(toError(answer.error));
    else one?.resolve(answer);
  }

  function fail(failed: Worker, error: unknown): void {
    if (worker !== failed) return;
    worker = undefined;
    const all = [...waiting.values()];
    waiting.clear();
    for (const one of all) one.reject(toExhibitError(error, "SOURCE_IO"));
  }

  /** What is asked in one turn of the event loop goes in one message. */
  function flush(): void {
    worker ??= start();
    worker.ref();
    worker.postMessage(orders);
    orders = [];
  }

  function ask<Part extends string>(job: Omit<ReadJob, "id">): Promise<Answer<Part>> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer<Part>>();
    const id = ++lastId;
    waiting.set(id, { resolve: (answer) => resolve(answer as Answer<Part>), reject });
    if (orders.push({ ...job, id } as ReadJob) === 1) setImmediate(flush);
    return promise;
  }

  return {
    get busy() {
      return waiting.size;
    },
    open: async (job) => (await ask<"opened">({ do: "open", ...job })).opened,
    read: async (job) => (await ask<"piece">({ do: "read", ...job })).piece,
    rewind: async (file) => void (await ask<"done">({ do: "rewind", file } as ReadJob)),
    close: async (file) => void (await ask<"done">({ do: "close", file } as ReadJob)),
    async stop() {
      const stopped = worker;
      worker = undefined;
      await stopped?.terminate();
    },
  };
}

function toError({ code, message, details }: ThreadError): ExhibitError {
  return new ExhibitError(code, message, { details });
}
