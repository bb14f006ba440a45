import { type EnqueueDependencies, enqueueSoon } from "./enqueue.ts";

/**
 * Rings for authorities of time stamps. Never throws, and isn't waited for, as the job of one that is
 * slow is watched for a second: what isn't rung for now, the reconciler rings for.
 */
export function ringStamps(
  dependencies: EnqueueDependencies,
  authorities: readonly string[] = [],
): void {
  if (authorities.length === 0) return;
  const jobs = authorities.map((id) => ({ id }));
  void enqueueSoon(dependencies, "stamp", jobs);
}
