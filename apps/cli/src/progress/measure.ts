import type { ImportView } from "@exhibit/contracts";

/** How far an import is, and how fast it goes. */
export interface Measure {
  view: ImportView;
  /** Files that need no more work, whatever their outcome. */
  doneFiles: number;
  doneBytes: number;
  /** Per second, over the last few seconds; undefined until there is enough to tell. */
  filesPerSecond: number | undefined;
  bytesPerSecond: number | undefined;
  /** Undefined while the source is still being walked, or when nothing moves. */
  secondsLeft: number | undefined;
}

// Milliseconds over which a rate is taken: long enough to be calm, short enough to follow a change.
const rateWindow = 8_000;
const leastSpan = 500;

interface Sample {
  at: number;
  files: number;
  bytes: number;
}

/** Gives a function that turns each view of an import into a measure. `now` is in milliseconds. */
export function createMeter(now: () => number): (view: ImportView) => Measure {
  const samples: Sample[] = [];
  return (view) => {
    const sample = {
      at: now(),
      files: view.files - view.planned,
      bytes: view.stored_bytes + view.identical_bytes + view.sending_bytes,
    };
    samples.push(sample);
    while (samples.length > 2 && sample.at - (samples[1]?.at ?? 0) > rateWindow) samples.shift();
    const rates = ratesOf(samples[0] ?? sample, sample);
    return {
      view,
      doneFiles: sample.files,
      doneBytes: sample.bytes,
      ...rates,
      secondsLeft: secondsLeft(view, rates),
    };
  };
}

interface Rates {
  filesPerSecond: number | undefined;
  bytesPerSecond: number | undefined;
}

function ratesOf(first: Sample, last: Sample): Rates {
  const span = last.at - first.at;
  if (span < leastSpan) return { filesPerSecond: undefined, bytesPerSecond: undefined };
  return {
    filesPerSecond: ((last.files - first.files) * 1000) / span,
    bytesPerSecond: ((last.bytes - first.bytes) * 1000) / span,
  };
}

/** Many small files are bound by files per second, large ones by bytes per second: the slower of the two is right. */
function secondsLeft(view: ImportView, rates: Rates): number | undefined {
  if (view.status !== "storing" || view.paused !== null || view.planned === 0) return undefined;
  const { filesPerSecond, bytesPerSecond } = rates;
  if (!filesPerSecond && !bytesPerSecond) return undefined;
  const bytes = view.bytes - view.stored_bytes - view.identical_bytes - view.sending_bytes;
  const byFiles = filesPerSecond ? view.planned / filesPerSecond : 0;
  const byBytes = bytesPerSecond ? bytes / bytesPerSecond : 0;
  return Math.max(byFiles, byBytes);
}
