/** Milliseconds in which the use of one key or session is told once. */
const TOLD_EVERY = 60_000;
/** Keys and sessions whose last telling is remembered at most. */
const MAX_REMEMBERED = 10_000;

/** Returns a function that tells the use of a key or session, each at most once a minute. */
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
    // Nobody waits for it, and no request fails of it: a minute later it is told again.
    tell(new Date(at)).catch(() => {});
  };
}
