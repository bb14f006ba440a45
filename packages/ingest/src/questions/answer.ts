import { ExhibitError, type Scope, toExhibitError } from "@exhibit/contracts";
import type { Broker, Tunnel } from "@exhibit/credentials";
import { answerQuestion, type Ledger, readQuestion } from "@exhibit/ledger";
import { type Attempt, Postponed } from "@exhibit/queue";
import { listFolders, type Sources } from "@exhibit/sources";
import type { Sight } from "../fleet/sight.ts";
import { handedBack } from "../jobs/postpone.ts";
import { checkVendor } from "./check-vendor.ts";
import { runDry } from "./dry-run.ts";
import type { Answers, Kept, Question } from "./question.ts";

export interface AnswerDependencies {
  ledger: Ledger;
  broker: Broker;
  sources: Pick<Sources, "open">;
  sight: Pick<Sight, "judge">;
  /** The folders that every source must lie below. */
  roots: readonly string[];
  dataDir: string | undefined;
  tunnel: Tunnel | undefined;
}

/** Milliseconds between two checks whether somebody still waits for the answer. */
const CHECK_EVERY_MS = 1000;

/** Answers a question in the ledger, unless nobody waits for the answer any more. */
export async function answer(
  dependencies: AnswerDependencies,
  id: string,
  attempt: Attempt,
): Promise<void> {
  const { ledger } = dependencies;
  const asked = await readQuestion(ledger, id);
  if (asked === undefined) return;
  const stop = new AbortController();
  const timer = setInterval(() => {
    readQuestion(ledger, id).then(
      (still) => still === undefined && stop.abort(),
      () => {},
    );
  }, CHECK_EVERY_MS);
  try {
    const signal = AbortSignal.any([attempt.signal, stop.signal]);
    const question = JSON.parse(asked.question) as Question;
    const kept = await keptAnswer(attempt, () =>
      answerTo(dependencies, asked.scope, question, { ...attempt, signal }),
    );
    await answerQuestion(ledger, id, JSON.stringify(kept));
  } catch (thrown) {
    if (!stop.signal.aborted) throw thrown;
  } finally {
    clearInterval(timer);
  }
}

/** Returns what to keep of what `work` returns or throws. Throws what another worker may still do. */
async function keptAnswer<Answer>(
  { signal }: Attempt,
  work: () => Promise<Answer>,
): Promise<Kept<Answer>> {
  try {
    return { answer: await work() };
  } catch (thrown) {
    const error = toExhibitError(thrown);
    const isOurs = error.code === "SERVICE_UNREACHABLE" || error.code === "INTERRUPTED";
    if (thrown instanceof Postponed || signal.aborted || isOurs) throw thrown;
    return { error: { code: error.code, message: error.message, details: error.details } };
  }
}

async function answerTo(
  dependencies: AnswerDependencies,
  scope: Scope,
  question: Question,
  attempt: Attempt,
): Promise<Answers[Question["kind"]]> {
  switch (question.kind) {
    case "source_folders":
      return await foldersOf(dependencies, scope, question, attempt);
    case "vendor_check":
      return await checkVendor(dependencies, question.of, attempt.signal);
    case "dry_run":
      return await runDry(dependencies, scope, question.request, attempt);
    default:
      throw new ExhibitError(
        "SERVICE_UNREACHABLE",
        "This worker doesn't know what is asked: it is of an earlier release than the API.",
      );
  }
}

/** What a share doesn't answer in this time, in milliseconds, it doesn't answer. */
const LOOK_TIMEOUT_MS = 10_000;

/** Looks at folders that haven't come back, each of which holds one of Node's few threads. */
let stuck = 0;
const MAX_STUCK = 2;

async function foldersOf(
  { roots, dataDir, sight }: AnswerDependencies,
  { roots: limits }: Scope,
  { path, limit, after }: Extract<Question, { kind: "source_folders" }>,
  attempt: Attempt,
) {
  const policy = { roots, dataDir, limits: limits === "all" ? undefined : limits };
  try {
    return await inTime(() => listFolders({ path, limit, after }, policy), path ?? "a root");
  } catch (thrown) {
    const error = toExhibitError(thrown);
    if (path === undefined) throw error;
    const source = { type: "directory" as const, path };
    const judged = await sight.judge(error, { source }, "SOURCE_NOT_FOUND");
    throw judged.isLeftToOthers ? handedBack(judged.error, attempt) : judged.error;
  }
}

/** Runs a look at the file system that may hang: a call to it can't be ended. */
async function inTime<T>(look: () => Promise<T>, name: string): Promise<T> {
  if (stuck >= MAX_STUCK) {
    throw new ExhibitError("SOURCE_IO", "Other folders don't answer; this one isn't looked at.");
  }
  let timer: NodeJS.Timeout | undefined;
  stuck += 1;
  const looking = look().finally(() => {
    stuck -= 1;
  });
  const late = new Promise<never>((_, reject) => {
    const message = `${name} hasn't answered within ${LOOK_TIMEOUT_MS / 1000} s.`;
    timer = setTimeout(() => reject(new ExhibitError("SOURCE_IO", message)), LOOK_TIMEOUT_MS);
  });
  try {
    return await Promise.race([looking, late]);
  } finally {
    clearTimeout(timer);
    looking.catch(() => {});
  }
}
