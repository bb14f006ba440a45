import { setTimeout as pause } from "node:timers/promises";
import { type ErrorCode, toExhibitError } from "@exhibit/contracts";
import { countWorkers, type Ledger } from "@exhibit/ledger";
import type { Engine } from "@exhibit/queue";

/** How long, in milliseconds, the ledger and the queue may take to answer. */
const TIMEOUT_MS = 5_000;

/** Whether ledger and queue answer: `up`, or a sentence about the fault, for each. */
export interface Readiness {
  ledger: string;
  queue: string;
  /** The kind of the fault, if there is one. @defaultValue SERVICE_UNREACHABLE */
  code?: ErrorCode;
  /** How many workers are alive; absent when the ledger doesn't answer. */
  workers?: number;
}

interface Parts {
  ledger: Pick<Ledger, "ping" | "db">;
  engine: Pick<Engine, "ping">;
}

/** Returns a function that asks both; calls at the same time share one answer. */
export function createReadiness({ ledger, engine }: Parts): () => Promise<Readiness> {
  const askLedger = createQuestion(() => ledger.ping().then(() => countWorkers(ledger)));
  const askQueue = createQuestion(() => engine.ping());
  let asking: Promise<Readiness> | undefined;

  async function ask(): Promise<Readiness> {
    const [first, second] = await Promise.all([askLedger(), askQueue()]);
    const codes = [first.code, second.code].filter((code) => code !== undefined);
    // A fault that a person has to fix goes before one that may pass.
    const code = codes.find((each) => each !== "SERVICE_UNREACHABLE") ?? codes[0];
    return {
      ledger: first.state,
      queue: second.state,
      ...(code === undefined ? {} : { code }),
      ...(first.answer === undefined ? {} : { workers: first.answer }),
    };
  }

  return () => {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}

interface State<Answer> {
  state: string;
  code?: ErrorCode;
  answer?: Answer;
}

/**
 * Asks with a time limit. A fault that is known only after the limit is reported the next time that
 * no answer arrives.
 */
function createQuestion<Answer>(ask: () => Promise<Answer>): () => Promise<State<Answer>> {
  let lastFault: string | undefined;

  async function answered(): Promise<State<Answer>> {
    try {
      const answer = await ask();
      lastFault = undefined;
      return { state: "up", answer };
    } catch (thrown) {
      const { message, code } = toExhibitError(thrown, "SERVICE_UNREACHABLE");
      lastFault = message;
      return { state: message, code };
    }
  }

  return async () => {
    const patience = new AbortController();
    const late = pause(TIMEOUT_MS, undefined, { signal: patience.signal }).catch(() => undefined);
    const state = await Promise.race([answered(), late]);
    patience.abort();
    if (state !== undefined) return state;
    const silence = `no answer within ${TIMEOUT_MS / 1000} s`;
    return {
      state: lastFault === undefined ? silence : `${silence}; before: ${lastFault}`,
      code: "SERVICE_UNREACHABLE",
    };
  };
}
