import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes of heap in use, garbage among them, from which on it is collected. A busy worker really needs some 50 MB. */
const ENOUGH = 64 * 1024 * 1024;
const LOOK_EVERY_MS = 250;

/**
 * Has V8 collect garbage before a worker's heap has grown to several times what it needs, as V8 lets it by itself: every file
 * leaves a few kilobytes that have outlived V8's quick collections. `--max-old-space-size` would bound it, too, but end the
 * process when more is needed; this only collects less often then. Gives what stops it.
 */
export function boundHeap(enough = ENOUGH): () => void {
  // Node has no call for it without a flag at its start.
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  let bound = enough;
  const timer = setInterval(() => {
    if (process.memoryUsage().heapUsed < bound) return;
    collect();
    bound = Math.max(enough, 1.5 * process.memoryUsage().heapUsed);
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
