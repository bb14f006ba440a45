import type { IServerAdapter } from "@bull-board/api/typings/app";

type BoardRoute = Parameters<IServerAdapter["setApiRoutes"]>[0][number];

/** What a person may do with jobs here. Each of these is harmless: what is to be done is in the ledger, and is rung for. */
const offeredActions: ReadonlySet<string> = new Set([
  "/api/queues/:queueName/:jobId/retry",
  "/api/queues/:queueName/:jobId/clean",
  "/api/queues/:queueName/:jobId/promote",
  "/api/queues/:queueName/retry/:queueStatus",
  "/api/queues/:queueName/clean/:queueStatus",
  "/api/queues/:queueName/promote",
  // Of a queue that was paused by an earlier version, or by hand.
  "/api/queues/:queueName/resume",
  "/api/queues/resume",
]);

const REFUSED =
  "Exhibit doesn't offer this: its jobs are made from the ledger, and an import would stand still. To have an import or a vendor wait: exhibit pause. To retry, remove or promote a job is always safe.";

/**
 * Takes away whatever else Bull Board can do to queues, now or in a later version: a job that is added, changed or put off
 * under an id of ours keeps its work from being done, and a queue that is emptied, limited or paused here stands still
 * without a word in the ledger of who did it.
 */
export function refuseOtherActions(routes: readonly BoardRoute[]): BoardRoute[] {
  return routes.map((route) =>
    isOffered(route)
      ? route
      : { ...route, handler: () => ({ status: 404, body: { error: REFUSED } }) },
  );
}

function isOffered({ method, route }: BoardRoute): boolean {
  if ([method].flat().every((one) => one === "get")) return true;
  return [route].flat().every((path) => offeredActions.has(path));
}
