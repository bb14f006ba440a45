import { type ImportView, restingStatuses } from "@exhibit/contracts";
import type { Away } from "@exhibit/queue";

/**
 * Adds to an import that isn't at rest that it waits for an unreachable queue: running work goes
 * on, but no more is begun.
 */
export function withQueueWait(view: ImportView, away: Away | undefined): ImportView {
  if (away === undefined || restingStatuses.has(view.status)) return view;
  const wait = {
    for: "queue" as const,
    name: null,
    since: away.since.toISOString(),
    code: "SERVICE_UNREACHABLE",
    message: `The queue doesn't answer: ${away.reason}.`,
  };
  return { ...view, waiting: [...view.waiting, wait] };
}
