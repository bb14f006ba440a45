import { enqueueOpenWork } from "@exhibit/ingest";
import type { Ledger } from "@exhibit/ledger";
import type { Engine } from "@exhibit/queue";
import type { Logger } from "@exhibit/telemetry";

export interface ReconcileLoopDependencies {
  ledger: Ledger;
  engine: Engine;
  logger: Logger;
}

export interface ReconcileLoopTimes {
  /** For how long, in milliseconds, an import may stay unchanged before it is reconciled. */
  quietMs: number;
}

/**
 * Keeps open work from being forgotten. The schedule of the `reconcile` job is in the queue and is
 * lost with it when Redis is emptied, so this loop restores it again and again. When the schedule
 * was missing, when Redis has been away, and when the process starts, any job may have been lost:
 * then all open work is enqueued at once.
 */
export function startReconcileLoop(
  { ledger, engine, logger }: ReconcileLoopDependencies,
  { quietMs }: ReconcileLoopTimes,
): { stop(): Promise<void> } {
  // With half of that time, an import is reconciled after one and a half times of it at the latest.
  const everyMs = Math.ceil(quietMs / 2);
  let mayBeLost = true;
  let checking: Promise<void> | undefined;
  let isStopped = false;

  async function check(): Promise<void> {
    try {
      if (await engine.schedule("reconcile", everyMs)) mayBeLost = true;
      if (!mayBeLost) return;
      mayBeLost = false;
      await enqueueOpenWork({ ledger, engine }, 0);
    } catch (err) {
      mayBeLost = true;
      logger.warn({ err }, "open work couldn't be enqueued; it is tried again");
    }
  }

  function checkOnce(): void {
    if (isStopped) return;
    checking ??= check().finally(() => {
      checking = undefined;
    });
  }

  engine.onReturn(() => {
    mayBeLost = true;
    checkOnce();
  });
  checkOnce();
  const timer = setInterval(checkOnce, everyMs);
  return {
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await checking;
    },
  };
}
