import { parentPort, workerData } from "node:worker_threads";
import { ExhibitError } from "@exhibit/contracts/errors";
import type { ReadAnswer, ReadAnswers, ReadJob, ThreadData } from "./protocol.ts";
import { createThreadJobs } from "./thread-jobs.ts";

// A thread that reads files and digests them, or walks a tree. It may block: that is what it is
// for. Seven calls of node:fs/promises for a small file cost more than everything else that is done
// with it; here they are plain system calls (docs/performance.md).

/** An answer waits this long, in milliseconds, for others to share its message. */
const ANSWER_WITHIN = 1;

const port = parentPort;
if (port === null) throw new ExhibitError("INTERNAL", "This is a thread's module.");
const files = createThreadJobs(workerData as ThreadData);

port.on("message", (jobs: ReadJob[]) => {
  let answers: ReadAnswer[] = [];
  let since = performance.now();
  let digesting = files.digesting;
  const send = () => {
    const now = performance.now();
    const onDisk = now - since - (files.digesting - digesting);
    port.postMessage({ answers, onDisk } satisfies ReadAnswers);
    answers = [];
    since = now;
    digesting = files.digesting;
  };
  for (const job of jobs) {
    answers.push(files.answer(job));
    if (performance.now() - since >= ANSWER_WITHIN) send();
  }
  if (answers.length > 0) send();
});
