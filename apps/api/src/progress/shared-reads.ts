/** Reads something, or waits for a read of the same that is under way. */
export type SharedReads<Result> = (name: string, read: () => Promise<Result>) => Promise<Result>;

/**
 * Makes reads of the same thing at the same time one. Somebody may get what was read a moment before
 * they asked, so it is for what is followed anyway.
 */
export function createSharedReads<Result>(): SharedReads<Result> {
  const underWay = new Map<string, Promise<Result>>();
  return (name, read) => {
    const known = underWay.get(name);
    if (known !== undefined) return known;
    const reading = read().finally(() => underWay.delete(name));
    underWay.set(name, reading);
    return reading;
  };
}
