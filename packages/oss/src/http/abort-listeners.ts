import { interrupted } from "./interrupted.ts";

interface Watched {
  actions: Set<() => void>;
  listener: () => void;
}

const watched = new WeakMap<AbortSignal, Watched>();

/**
 * Calls `act` when the signal is aborted, unless the returned function is called first. It is meant
 * for signals that hundreds of requests share: EventTarget searches its whole list for each
 * listener that is added or removed, this doesn't.
 */
export function onAbort(signal: AbortSignal | undefined, act: () => void): () => void {
  if (signal === undefined) return nothing;
  const { actions, listener } = watched.get(signal) ?? watch(signal);
  if (actions.size === 0) signal.addEventListener("abort", listener);
  actions.add(act);
  return () => {
    // Node keeps a signal that follows others forever while somebody listens to it.
    if (actions.delete(act) && actions.size === 0) signal.removeEventListener("abort", listener);
  };
}

/**
 * Adds a waiter to `waiting` and resolves when the function that stands for it there is called.
 * Whoever calls that function removes it from the set first. Throws INTERRUPTED when the signal is
 * aborted.
 */
export function waitAmong(
  waiting: Set<() => void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopListening = onAbort(signal, () => {
      waiting.delete(go);
      if (signal) reject(interrupted(signal));
    });
    const go = () => {
      stopListening();
      resolve();
    };
    waiting.add(go);
  });
}

function watch(signal: AbortSignal): Watched {
  const actions = new Set<() => void>();
  const listener = () => {
    for (const act of actions) act();
  };
  const made = { actions, listener };
  watched.set(signal, made);
  return made;
}

function nothing(): void {}
