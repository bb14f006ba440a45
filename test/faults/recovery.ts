import { setTimeout as sleep } from "node:timers/promises";
import type { Deployment } from "./deployment/deployment.ts";

const LOOK_EVERY_MS = 100;
const TIMEOUT_MS = 180_000;

/**
 * Returns the milliseconds from now until the next outcome is recorded: undefined if nothing is left
 * to record, infinite if none is recorded within three minutes. It is called when a fault is about
 * to end, so that a process's start counts.
 */
export async function untilNextRecorded(
  deployment: Deployment,
  importIds: readonly string[],
): Promise<number | undefined> {
  const began = performance.now();
  let before: number | undefined;
  while (performance.now() - began < TIMEOUT_MS) {
    const { recorded, isOver } = await progressOf(deployment, importIds);
    before ??= recorded;
    if (recorded > before) return performance.now() - began;
    if (isOver) return undefined;
    await sleep(LOOK_EVERY_MS);
  }
  return Number.POSITIVE_INFINITY;
}

/** Resolves when so many files of the imports, or all of them, have an outcome. */
export async function untilRecorded(
  deployment: Deployment,
  importIds: readonly string[],
  count: number,
): Promise<void> {
  for (;;) {
    const { recorded, isOver } = await progressOf(deployment, importIds);
    if (isOver || recorded >= count) return;
    await sleep(LOOK_EVERY_MS);
  }
}

interface Progress {
  /** The number of files with an outcome. */
  recorded: number;
  isOver: boolean;
}

const over = new Set(["sealed", "attention", "cancelled"]);

/** Asks the ledger itself if that is possible, because the API may be what is broken. */
async function progressOf(deployment: Deployment, importIds: readonly string[]): Promise<Progress> {
  if (!deployment.ledger.isLive) {
    const views = await Promise.all(importIds.map((id) => deployment.api.get(id)));
    const recorded = views.reduce(
      (sum, { stored, identical, failed, waived }) => sum + stored + identical + failed + waived,
      0,
    );
    return { recorded, isOver: views.every(({ status }) => over.has(status)) };
  }
  const list = importIds.map((id) => `'${id}'`).join(", ");
  const rows = await deployment.ledger.read((query) =>
    query<{ recorded: number; open: number }>(`
      select coalesce(sum(stored + identical + failed + waived), 0)::bigint as recorded,
        count(*) filter (where status not in ('sealed', 'attention', 'cancelled')) as open
      from imports where id in (${list})`),
  );
  const { recorded = 0, open = 0 } = rows[0] ?? {};
  return { recorded, isOver: open === 0 };
}
