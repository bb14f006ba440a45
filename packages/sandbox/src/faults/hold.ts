/** Is thrown to cut the connection. */
export class Cut extends Error {}

/** Requests that are held back. */
export interface Hold {
  /** Resolves once `count` requests (1 by default) were held. */
  reached(count?: number): Promise<void>;
  /** Lets the held requests continue, and holds no more. */
  release(): void;
  /** Cuts the connections of the held requests, and holds no more. */
  cut(): void;
}

/** Returns a gate (`pass`) that requests wait at and the hold that opens it, which calls `forget` when it does. */
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
  // There may be nobody who waits: a cut isn't an unhandled rejection then.
  released.promise.catch(() => {});
  return { hold: { reached, release, cut }, pass };
}
