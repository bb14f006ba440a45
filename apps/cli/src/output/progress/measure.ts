import type { ImportView } from "@exhibit/contracts";

/** How far an import is, and how fast. */
export interface Measure {
  view: ImportView;
  /** Files that need no more work, whatever their outcome. */
  doneFiles: number;
  doneBytes: number;
  /**
   * Per second, over the last few seconds; undefined when there is too little data, and when
   * nothing moves.
   */
  filesPerSecond: number | undefined;
  bytesPerSecond: number | undefined;
  /**
   * Undefined while sources are still being walked, when nothing moves, and when there is too
   * little data.
   */
  secondsLeft: number | undefined;
}

// Milliseconds over which a rate is measured: long enough to be steady, short enough to follow a
// change.
const rateWindow = 8_000;
const leastSpan = 500;

// The time left is shown only after so many milliseconds, when their latest half agrees within this
// factor.
const steadySpan = 3_000;
const steadyFactor = 1.5;
// Fewer files than this don't show a rate.
const fewFiles = 10;

interface Sample {
  at: number;
  files: number;
  bytes: number;
}

/**
 * Returns a function that turns each view of an import into a measure. `now` is in milliseconds.
 */
export function createMeter(now: () => number): (view: ImportView) => Measure {
  const samples: Sample[] = [];
  return (view) => {
    const last = {
      at: now(),
      files: view.files - view.planned,
      bytes: view.stored_bytes + view.identical_bytes + view.sending_bytes,
    };
    samples.push(last);
    while (samples.length > 2 && last.at - (samples[1]?.at ?? 0) > rateWindow) samples.shift();
    const first = samples[0] ?? last;
    return {
      view,
      doneFiles: last.files,
      doneBytes: last.bytes,
      ...shownRates(view, first, last),
      secondsLeft: steadySecondsLeft(view, samples, last),
    };
  };
}

interface Rates {
  filesPerSecond: number | undefined;
  bytesPerSecond: number | undefined;
}

const noRates: Rates = { filesPerSecond: undefined, bytesPerSecond: undefined };

/** Returns no rate for an import that has stopped moving, although there was one seconds ago. */
function shownRates({ moving }: ImportView, first: Sample, last: Sample): Rates {
  return moving ? ratesOf(first, last) : noRates;
}

/** Rates are never negative, although the bytes of a file that is sent again stop counting. */
function ratesOf(first: Sample, last: Sample): Rates {
  const span = last.at - first.at;
  if (span < leastSpan) return noRates;
  return {
    filesPerSecond: Math.max(0, ((last.files - first.files) * 1000) / span),
    bytesPerSecond: Math.max(0, ((last.bytes - first.bytes) * 1000) / span),
  };
}

/** Returns undefined unless the whole period and its latest half lead to nearly the same time. */
function steadySecondsLeft(
  view: ImportView,
  samples: readonly Sample[],
  last: Sample,
): number | undefined {
  const first = samples[0] ?? last;
  const span = last.at - first.at;
  if (span < steadySpan || view.status !== "storing" || view.planned === 0) return undefined;
  if (!view.moving || view.paused !== null) return undefined;
  const middle = samples.findLast(({ at }) => at <= last.at - span / 2) ?? first;
  const whole = secondsLeft(view, first, last);
  const latest = secondsLeft(view, middle, last);
  if (whole === undefined || latest === undefined) return undefined;
  const isSteady = Math.max(whole, latest) <= Math.min(whole, latest) * steadyFactor + 1;
  return isSteady ? whole : undefined;
}

/**
 * Small files are limited by files per second, large ones by bytes per second; the longer of the
 * two times is right.
 */
function secondsLeft(view: ImportView, first: Sample, last: Sample): number | undefined {
  const { filesPerSecond, bytesPerSecond } = ratesOf(first, last);
  const bytes = Math.max(0, view.bytes - last.bytes);
  const byFiles =
    filesPerSecond && last.files - first.files >= fewFiles
      ? view.planned / filesPerSecond
      : undefined;
  const byBytes = bytesPerSecond ? bytes / bytesPerSecond : undefined;
  if (byFiles === undefined && byBytes === undefined) return undefined;
  return Math.max(byFiles ?? 0, byBytes ?? 0);
}
