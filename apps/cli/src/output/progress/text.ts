import { formatBytes, formatNumber, formatSeconds } from "../format.ts";
import { statusWord } from "../status-word.ts";
import type { Measure } from "./measure.ts";

/** `storing: 1,234 of 5,678 files, 1.2 GB of 4.0 GB, 45.0 MB/s, 1 min 3 s left` */
export function progressLine(measure: Measure): string {
  const { view } = measure;
  const found = view.status === "planning" ? " found so far" : "";
  const parts = [
    `${formatNumber(measure.doneFiles)} of ${formatNumber(view.files)} files${found}`,
    `${formatBytes(measure.doneBytes)} of ${formatBytes(view.bytes)}`,
    ...(measure.bytesPerSecond ? [`${formatBytes(measure.bytesPerSecond)}/s`] : []),
    ...failedPart(measure),
    ...timeLeft(measure),
  ];
  return `${statusWord(view)}: ${parts.join(", ")}`;
}

/** Two bars, for files and for bytes, each at most `columns` wide. */
export function progressBars(measure: Measure, columns: number): string[] {
  const { view } = measure;
  const planning = view.status === "planning";
  const files = [
    `${formatNumber(measure.doneFiles)} / ${formatNumber(view.files)}${planning ? " found so far" : ""}`,
    ...(measure.filesPerSecond ? [`${formatNumber(measure.filesPerSecond)}/s`] : []),
    ...failedPart(measure),
  ];
  const bytes = [
    `${formatBytes(measure.doneBytes)} / ${formatBytes(view.bytes)}`,
    ...(measure.bytesPerSecond ? [`${formatBytes(measure.bytesPerSecond)}/s`] : []),
    ...timeLeft(measure),
  ];
  return [
    barLine("Files", share(measure.doneFiles, view.files), files, columns),
    barLine("Bytes", share(measure.doneBytes, view.bytes), bytes, columns),
  ];
}

function failedPart({ view }: Measure): string[] {
  return view.failed === 0 ? [] : [`${formatNumber(view.failed)} failed`];
}

function timeLeft({ secondsLeft }: Measure): string[] {
  return secondsLeft === undefined ? [] : [`${formatSeconds(secondsLeft)} left`];
}

function share(done: number, of: number): number {
  return of === 0 ? 0 : Math.min(1, done / of);
}

const widestBar = 30;
const narrowestBar = 6;

/** On a narrow terminal the bar gets shorter first, then it is left out, then the text is cut. */
function barLine(name: string, part: number, texts: readonly string[], columns: number): string {
  const text = texts.join("  ");
  const width = Math.min(widestBar, columns - name.length - text.length - 4);
  const line = width < narrowestBar ? `${name}  ${text}` : `${name}  ${bar(part, width)}  ${text}`;
  return line.slice(0, Math.max(0, columns));
}

function bar(part: number, width: number): string {
  // Full only when everything is done.
  const full = part >= 1 ? width : Math.min(width - 1, Math.floor(part * width));
  return "█".repeat(full) + "░".repeat(width - full);
}
