import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** By how many percent the heap grows until V8 collects what has outlived its quick collections. */
const GROWTH = 50;

/**
 * Has V8 collect garbage before a worker's heap has grown to several times what it needs, as V8 lets it by itself: every file
 * leaves a few kilobytes that have outlived V8's quick collections. `--max-old-space-size` would bound it, too, but end the
 * process when more is needed; this only collects more often.
 */
export function boundHeap(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
  // How far it may grow is found at each collection; the first one would come late. Node has no call for it without a flag.
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  collect();
}
