import { setTimeout as sleep } from "node:timers/promises";
import { type ErrorCode, ExhibitError, errorCodes } from "@exhibit/contracts";
import {
  forgetQuestion,
  type Ledger,
  ledgerWithin,
  putQuestion,
  readAnswer,
  readWaits,
} from "@exhibit/ledger";
import type { Engine } from "@exhibit/queue";
import type { Answers, Asker, Kept, Question } from "./question.ts";

/** Milliseconds between two looks for an answer: the first, and the longest pause. */
const FIRST_LOOK = 20;
const LATER_LOOKS = 250;

/** Milliseconds that an answer may take, by what is asked. */
const TIMEOUT_MS: Readonly<Record<Question["kind"], number>> = {
  source_folders: 20_000,
  vendor_check: 60_000,
  dry_run: 60_000,
};

/**
 * Asks the workers, and returns what one of them answers. Throws the error that it answers with;
 * SERVICE_UNREACHABLE when none runs or none answers in time, RATE_LIMITED when the asker waits for
 * too many answers.
 */
export type Ask = <Kind extends Question["kind"]>(
  asker: Asker,
  question: Extract<Question, { kind: Kind }>,
) => Promise<Answers[Kind]>;

export interface AskDependencies {
  ledger: Ledger;
  engine: Pick<Engine, "enqueueNew">;
}

export function createAsk({ ledger, engine }: AskDependencies): Ask {
  return async <Kind extends Question["kind"]>(
    { name, scope, signal }: Asker,
    question: Extract<Question, { kind: Kind }>,
  ) => {
    if ((await readWaits(ledger)).workers === 0) {
      throw away("No worker is running, and only a worker can look at this: start one.");
    }
    const asked = { askedBy: name, question: JSON.stringify(question) };
    const id = await putQuestion({ ...ledgerWithin(ledger, scope), scope }, asked);
    try {
      await engine.enqueueNew("answer", [{ id }]);
      const kept = await answerTo(ledger, id, { patience: TIMEOUT_MS[question.kind], signal });
      return answerIn(JSON.parse(kept) as Kept<Answers[Kind]>);
    } finally {
      // The worker notices that nobody waits. What can't be forgotten now is forgotten in time.
      await forgetQuestion(ledger, id).catch(() => {});
    }
  };
}

async function answerTo(
  ledger: Ledger,
  id: string,
  { patience, signal }: { patience: number; signal: AbortSignal },
): Promise<string> {
  const deadline = Date.now() + patience;
  for (let pause = FIRST_LOOK; Date.now() < deadline; pause = Math.min(2 * pause, LATER_LOOKS)) {
    await sleep(pause, undefined, { signal }).catch((cause: unknown) => {
      throw new ExhibitError("INTERRUPTED", "Nobody waits for the answer any more.", { cause });
    });
    const answer = await readAnswer(ledger, id);
    if (answer !== undefined) return answer;
  }
  throw away(
    `No worker has answered within ${patience / 1000} s: they are busy with other questions, or what they look at doesn't answer. Ask again later.`,
  );
}

function answerIn<Answer>(kept: Kept<Answer>): Answer {
  if ("answer" in kept) return kept.answer;
  const { code, message, details } = kept.error;
  const isKnown = (errorCodes as readonly string[]).includes(code);
  throw new ExhibitError(isKnown ? (code as ErrorCode) : "INTERNAL", message, { details });
}

function away(sentence: string): ExhibitError {
  return new ExhibitError("SERVICE_UNREACHABLE", sentence);
}
