/**
 * Lets work go on while the next is made ready. `begin` waits for the work before it, and rejects as that did; then
 * nothing is begun any more.
 */
export function oneBehind() {
  let last: Promise<void> = Promise.resolve();
  return {
    async begin(work: () => Promise<void>): Promise<void> {
      await last;
      last = work();
      last.catch(() => {}); // whoever begins or ends next gets it
    },
    /** Resolves when nothing is under way. */
    end: (): Promise<void> => last,
  };
}
