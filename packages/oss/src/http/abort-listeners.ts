import { interrupted } from "../api/store-error.ts";

interface Watched {
  actions: Set<() => void>;
  listener: () => void;
}

const watched = new WeakMap<AbortSignal, Watched>();

/**
 * Has `act` called when the signal is aborted, unless what it gives is called before. For signals that hundreds of requests
 * share: EventTarget goes through its whole list for each listener that is added or removed, this doesn't.
 */
export function onAbort(signal: AbortSignal | undefined, act: () => void): () => void {
  if (signal === undefined) return nothing;
  const { actions, listener } = watched.get(signal) ?? watch(signal);
  if (actions.size === 0) signal.addEventListener("abort", listener);
  actions.add(act);
  return () => {
    // Node keeps a signal that follows others for ever while somebody listens to it.
    if (actions.delete(act) && actions.size === 0) signal.removeEventListener("abort", listener);
  };
}

/**
 * Waits among `waiting` until the function that stands for it there is called; whoever calls it takes it out first. Throws
 * INTERRUPTED when the signal ends the waiting.
 */
export function waitAmong(
  waiting: Set<() => void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stay = onAbort(signal, () => {
      waiting.delete(go);
      if (signal) reject(interrupted(signal));
    });
    const go = () => {
      stay();
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
