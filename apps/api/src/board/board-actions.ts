import type { IServerAdapter } from "@bull-board/api/typings/app";
import type { BoardAction } from "@exhibit/contracts";

type BoardRoute = Parameters<IServerAdapter["setApiRoutes"]>[0][number];

/**
 * What Bull Board may do with jobs, by its routes. All of it is harmless, because the work itself is
 * recorded in the ledger.
 */
const offeredActions: ReadonlyMap<string, BoardAction> = new Map([
  ["/api/queues/:queueName/:jobId/retry", "retry"],
  ["/api/queues/:queueName/:jobId/clean", "remove"],
  ["/api/queues/:queueName/:jobId/promote", "promote"],
  ["/api/queues/:queueName/retry/:queueStatus", "retry"],
  ["/api/queues/:queueName/clean/:queueStatus", "remove"],
  ["/api/queues/:queueName/promote", "promote"],
  // For queues that were paused by an earlier version, or by hand.
  ["/api/queues/:queueName/resume", "resume"],
  ["/api/queues/resume", "resume"],
]);

const REFUSED =
  "Exhibit doesn't offer this: its jobs are made from the ledger, and an import would stop. To make an import or a vendor wait, use `exhibit pause`. Retrying, removing and promoting jobs is always safe.";

/**
 * Returns Bull Board's routes with all other changes refused, also those that a later version may
 * add. A job that is added, changed or delayed under one of our ids keeps its work from being done,
 * and a queue that is emptied, limited or paused stops without any record of who did it.
 */
export function refuseOtherActions(routes: readonly BoardRoute[]): BoardRoute[] {
  return routes.map((route) =>
    isOffered(route)
      ? route
      : { ...route, handler: () => ({ status: 404, body: { error: REFUSED } }) },
  );
}

/** Returns what a route of Bull Board, without the path in front, does; undefined if nothing. */
export function actionOf(route: string): BoardAction | undefined {
  return offeredActions.get(route);
}

function isOffered({ method, route }: BoardRoute): boolean {
  if ([method].flat().every((one) => one === "get")) return true;
  return [route].flat().every((path) => offeredActions.has(path));
}
