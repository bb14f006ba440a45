/** Thrown to cut the connection. */
export class Cut extends Error {}

/** Requests that are held back. */
export interface Hold {
  /** When `count` requests (1 by default) are held or were. */
  reached(count?: number): Promise<void>;
  /** Lets them go, and holds no more. */
  release(): void;
  /** Cuts their connections, and holds no more. */
  cut(): void;
}

/** A gate that requests wait at, and the hold that opens it; `forget` is called when it is opened. */
export function createHold(forget: () => void): { hold: Hold; pass: () => Promise<void> } {
  const released = Promise.withResolvers<void>();
  const waiters = new Set<{ count: number; resolve: () => void }>();
  let arrived = 0;
  const tell = () => {
    for (const waiter of waiters) if (arrived >= waiter.count) waiter.resolve();
  };
  const pass = () => {
    arrived += 1;
    tell();
    return released.promise;
  };
  const reached = (count = 1) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiters.add({ count, resolve });
    tell();
    return promise;
  };
  const release = () => {
    forget();
    released.resolve();
  };
  const cut = () => {
    forget();
    released.reject(new Cut());
  };
  // Nobody may be waiting.
  released.promise.catch(() => {});
  return { hold: { reached, release, cut }, pass };
}
