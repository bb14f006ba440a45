/** Postgres's code for a lock that wasn't granted within `lock_timeout`. */
const LOCK_NOT_AVAILABLE = "55P03";

/** Whether a statement failed because somebody else holds a lock. */
export function isLockTimeout(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === LOCK_NOT_AVAILABLE;
}
