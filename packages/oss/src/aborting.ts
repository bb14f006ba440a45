const actions = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Has `act` called when the signal is aborted, unless what it gives is called before. For signals that hundreds of requests
 * share: EventTarget goes through its whole list for each listener that is added or removed, this doesn't.
 */
export function onAbort(signal: AbortSignal | undefined, act: () => void): () => void {
  if (signal === undefined) return nothing;
  const all = actions.get(signal) ?? listen(signal);
  all.add(act);
  return () => void all.delete(act);
}

function listen(signal: AbortSignal): Set<() => void> {
  const all = new Set<() => void>();
  actions.set(signal, all);
  signal.addEventListener("abort", () => {
    for (const act of all) act();
  });
  return all;
}

function nothing(): void {}
