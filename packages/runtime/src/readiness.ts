import { setTimeout as pause } from "node:timers/promises";
import { type ErrorCode, toExhibitError } from "@exhibit/contracts";
import { countWorkers, type Ledger } from "@exhibit/ledger";
import type { Engine } from "@exhibit/queue";

/** How long the ledger and the queue have to answer, in milliseconds. */
const PATIENCE_MS = 5_000;

/** Whether work can be done: of each, `up` or a sentence about what is wrong. */
export interface Readiness {
  ledger: string;
  queue: string;
  /** What kind of fault it is, where something is wrong. */
  code?: ErrorCode;
  /** Workers that live; absent where the ledger can't say. */
  workers?: number;
}

interface Parts {
  ledger: Pick<Ledger, "ping" | "db">;
  engine: Pick<Engine, "ping">;
}

/** Asks both, once for all who want to know at the same time. */
export function createReadiness({ ledger, engine }: Parts): () => Promise<Readiness> {
  const askLedger = createQuestion(() => ledger.ping().then(() => countWorkers(ledger)));
  const askQueue = createQuestion(() => engine.ping());
  let asking: Promise<Readiness> | undefined;

  async function ask(): Promise<Readiness> {
    const [first, second] = await Promise.all([askLedger(), askQueue()]);
    const codes = [first.code, second.code].filter((code) => code !== undefined);
    // What a person has to mend is told before what may pass.
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

/** Asks with a limit; what came too late to be told is told the next time that there is no answer. */
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
    const late = pause(PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => undefined);
    const state = await Promise.race([answered(), late]);
    patience.abort();
    if (state !== undefined) return state;
    const silence = `no answer within ${PATIENCE_MS / 1000} s`;
    return {
      state: lastFault === undefined ? silence : `${silence}; before: ${lastFault}`,
      code: "SERVICE_UNREACHABLE",
    };
  };
}
