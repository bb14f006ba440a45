import type { Usage } from "../../measure.ts";
import type { DataSet } from "../data-set.ts";

/** Something that moves a folder's files into a bucket. */
export interface Contender {
  name: string;
  /** What it is, for the report. */
  description: string;
  /** Takes part in one round of a quick run only. */
  isSlow?: true;
  /** Why it can't run here; undefined when it can. */
  missing(): string | undefined;
  /** Makes ready what isn't part of the work, such as servers, and gives a way to run the work. */
  open(task: Task): Promise<Running>;
}

export interface Task {
  data: DataSet;
  /** Of the sink, `http://127.0.0.1:…`. */
  sink: string;
}

export interface Running extends AsyncDisposable {
  /** Sends all files once. Throws if it didn't. */
  run(): Promise<Usage>;
}

/** For those that are one program, started anew for each run. */
export function program(run: () => Promise<Usage>): Running {
  return { run, [Symbol.asyncDispose]: () => Promise.resolve() };
}
