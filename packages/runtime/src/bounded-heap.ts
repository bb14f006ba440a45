import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** By how many percent the heap may grow before V8 collects its old objects. */
const GROWTH = 50;

/**
 * Makes V8 collect garbage earlier. By default it lets a process's heap grow to several times what
 * it needs, because every file that a worker stores, or that the API lists in a bag, leaves a few
 * kilobytes that have outlived V8's quick collections. `--max-old-space-size` would bound the heap,
 * too, but it ends a process that needs more; this setting only collects more often.
 */
export function boundHeap(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
  // V8 sets the next limit at each collection, and the first one would come late. Without a flag
  // Node can't ask for one.
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  collect();
}
