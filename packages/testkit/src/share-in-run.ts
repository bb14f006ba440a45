interface Shared {
  value: Promise<{ value: unknown; stop(): Promise<void> }>;
  /** How many projects use it. */
  users: number;
}

const key = Symbol.for("@exhibit/testkit: what the projects of a run share");

/** It hangs on the process: vitest loads a global setup anew for each project, with modules of its own. */
function sharedInProcess(): Map<string, Shared> {
  const process = globalThis as { [key]?: Map<string, Shared> };
  process[key] ??= new Map();
  return process[key];
}

/**
 * Starts something once for all projects of a run, in their global setup. It is stopped when the
 * last project has called `release`.
 */
export async function shareInRun<Value>(
  name: string,
  start: () => Promise<{ value: Value; stop(): Promise<void> }>,
): Promise<{ value: Value; release(): Promise<void> }> {
  const all = sharedInProcess();
  const shared: Shared = all.get(name) ?? { value: start(), users: 0 };
  all.set(name, shared);
  shared.users += 1;
  const { value, stop } = await shared.value;
  return {
    value: value as Value,
    async release() {
      shared.users -= 1;
      if (shared.users > 0) return;
      all.delete(name);
      await stop();
    },
  };
}
