import type { Usage } from "../../measure.ts";
import type { DataSet } from "../data-set.ts";

/** Something that moves a folder's files into a bucket. */
export interface Contender {
  name: string;
  /** What it is, for the report. */
  description: string;
  /** Set for one that takes part in only one round of a quick run. */
  isSlow?: true;
  /** Returns why it can't run here; undefined if it can. */
  missing(): string | undefined;
  /** Prepares what isn't part of the work, such as servers, and returns a way to run the work. */
  open(task: Task): Promise<Running>;
}

export interface Task {
  data: DataSet;
  /** The sink's address, `http://127.0.0.1:…`. */
  sink: string;
}

export interface Running extends AsyncDisposable {
  /** Sends all files once. Throws if it didn't. */
  run(): Promise<Usage>;
}

/** Returns a contender that is one program, which is started anew for each run. */
export function program(run: () => Promise<Usage>): Running {
  return { run, [Symbol.asyncDispose]: () => Promise.resolve() };
}
