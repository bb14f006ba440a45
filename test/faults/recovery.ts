import { setTimeout as sleep } from "node:timers/promises";
import type { House } from "./house.ts";

const LOOK_EVERY_MS = 100;
const PATIENCE_MS = 180_000;

/**
 * Milliseconds from now until the next file's outcome is recorded; undefined when nothing is left to record, and infinite
 * when none is within three minutes. It is called when a fault is about to end, so that a process's own start counts.
 */
export async function untilNextRecorded(
  house: House,
  importIds: readonly string[],
): Promise<number | undefined> {
  const began = performance.now();
  let before: number | undefined;
  while (performance.now() - began < PATIENCE_MS) {
    const { recorded, isOver } = await progressOf(house, importIds);
    before ??= recorded;
    if (recorded > before) return performance.now() - began;
    if (isOver) return undefined;
    await sleep(LOOK_EVERY_MS);
  }
  return Number.POSITIVE_INFINITY;
}

/** Resolves when so many files of the imports have their outcome, or all of them have. */
export async function untilRecorded(
  house: House,
  importIds: readonly string[],
  count: number,
): Promise<void> {
  for (;;) {
    const { recorded, isOver } = await progressOf(house, importIds);
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
async function progressOf(house: House, importIds: readonly string[]): Promise<Progress> {
  if (!house.ledger.isLive) {
    const views = await Promise.all(importIds.map((id) => house.api.get(id)));
    const recorded = views.reduce(
      (sum, { stored, identical, failed, waived }) => sum + stored + identical + failed + waived,
      0,
    );
    return { recorded, isOver: views.every(({ status }) => over.has(status)) };
  }
  const list = importIds.map((id) => `'${id}'`).join(", ");
  const rows = await house.ledger.read((query) =>
    query<{ recorded: number; open: number }>(`
      select coalesce(sum(stored + identical + failed + waived), 0)::bigint as recorded,
        count(*) filter (where status not in ('sealed', 'attention', 'cancelled')) as open
      from imports where id in (${list})`),
  );
  const { recorded = 0, open = 0 } = rows[0] ?? {};
  return { recorded, isOver: open === 0 };
}
