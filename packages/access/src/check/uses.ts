/** Milliseconds within which the use of one key or session is recorded once at most. */
const TOLD_EVERY = 60_000;
/** The most keys and sessions whose last use is remembered. */
const MAX_REMEMBERED = 10_000;

/** Returns a function that records the use of a key or session, of each at most once a minute. */
export function createUses(
  now: () => number,
): (id: string, last: Date | null, tell: (at: Date) => Promise<void>) => void {
  const told = new Map<string, number>();
  return (id, last, tell) => {
    const at = now();
    const before = Math.max(told.get(id) ?? 0, last?.getTime() ?? 0);
    if (at < before + TOLD_EVERY) return;
    told.delete(id);
    told.set(id, at);
    const [oldest] = told.keys();
    if (told.size > MAX_REMEMBERED && oldest !== undefined) told.delete(oldest);
    // Nobody waits for it, and no request fails because of it: a minute later it is tried again.
    tell(new Date(at)).catch(() => {});
  };
}
