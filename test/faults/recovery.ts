import { setTimeout as sleep } from "node:timers/promises";
import type { Deployment } from "./deployment/deployment.ts";

const LOOK_EVERY_MS = 100;
const PATIENCE_MS = 180_000;

/**
 * Milliseconds from now until the next file's outcome is recorded; undefined when nothing is left to record, and infinite
 * when none is within three minutes. It is called when a fault is about to end, so that a process's own start counts.
 */
export async function untilNextRecorded(
  deployment: Deployment,
  importIds: readonly string[],
): Promise<number | undefined> {
  const began = performance.now();
  let before: number | undefined;
  while (performance.now() - began < PATIENCE_MS) {
    const { recorded, isOver } = await progressOf(deployment, importIds);
    before ??= recorded;
    if (recorded > before) return performance.now() - began;
    if (isOver) return undefined;
    await sleep(LOOK_EVERY_MS);
  }
  return Number.POSITIVE_INFINITY;
}

/** Resolves when so many files of the imports have their outcome, or all of them have. */
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
  /** Files that have their outcome. */
  recorded: number;
  isOver: boolean;
}

const over = new Set(["sealed", "attention", "cancelled"]);

/** From the ledger itself where it can be asked, as the API may be what is broken. */
async function progressOf(deployment: Deployment, importIds: readonly string[]): Promise<Progress> {
  if (!deployment.ledger.isLive) {
    const views = await Promise.all(importIds.map((id) => deployment.api.view(id)));
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
