import { enqueueOpenWork } from "@exhibit/ingest";
import type { Ledger } from "@exhibit/ledger";
import type { Engine } from "@exhibit/queue";
import type { Logger } from "@exhibit/telemetry";

export interface RingingDependencies {
  ledger: Ledger;
  engine: Engine;
  logger: Logger;
}

export interface RingingTimes {
  /** Imports that haven't changed for this long, in milliseconds, are looked after. */
  quietMs: number;
}

/**
 * Sees to it that nothing open stays silent. The reconciler's schedule is in the queue, and is lost with it when Redis is
 * emptied: it is put there again and again. When it wasn't there, or when Redis has been away, any bell may be lost, so
 * whatever is open is rung for at once. The same when a process starts, for what an earlier one left open.
 */
export function keepRinging(
  { ledger, engine, logger }: RingingDependencies,
  { quietMs }: RingingTimes,
): { stop(): Promise<void> } {
  // Half of it: what goes quiet just after a look is looked after within one and a half times as long.
  const everyMs = Math.ceil(quietMs / 2);
  let mayBeLost = true;
  let looking: Promise<void> | undefined;
  let isStopped = false;

  async function look(): Promise<void> {
    try {
      if (await engine.schedule("reconcile", everyMs)) mayBeLost = true;
      if (!mayBeLost) return;
      mayBeLost = false;
      await enqueueOpenWork({ ledger, engine }, 0);
    } catch (err) {
      mayBeLost = true;
      logger.warn({ err }, "what is open couldn't be rung for; it is tried again");
    }
  }

  function lookOnce(): void {
    if (isStopped) return;
    looking ??= look().finally(() => {
      looking = undefined;
    });
  }

  engine.onReturn(() => {
    mayBeLost = true;
    lookOnce();
  });
  lookOnce();
  const timer = setInterval(lookOnce, everyMs);
  return {
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await looking;
    },
  };
}
