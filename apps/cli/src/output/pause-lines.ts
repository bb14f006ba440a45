import { type ImportView, type Pause, restingStatuses } from "@exhibit/contracts";
import { formatTime } from "./format.ts";

/**
 * Returns who paused an import or its vendors, why, and the commands that resume them; no lines if
 * nothing is paused.
 */
export function pauseLines(view: ImportView): string[] {
  const own =
    view.paused === null
      ? []
      : [
          `Paused ${byWhom(view.paused)}. Nothing is sent. To resume: npx exhibit resume ${view.import_id}`,
        ];
  const vendors = view.paused_vendors.map(({ vendor, ...pause }) => vendorPauseLine(vendor, pause));
  return [...own, ...vendors];
}

/** Returns who paused a vendor, when and why, and the command that resumes it. */
export function vendorPauseLine(vendor: string, pause: Pause): string {
  return `The vendor ${vendor} was paused ${byWhom(pause)}. Its folders wait. To resume: npx exhibit resume --vendor ${vendor}`;
}

/** `by 王芳 at 2026-11-23 20:00 +08:00: the scanner is being repaired` */
function byWhom({ who, at, why }: Pause): string {
  return `by ${who} at ${formatTime(at)}${why === null ? "" : `: ${why}`}`;
}

/**
 * Returns a function that reports, view by view, what has been paused or resumed since the last
 * view.
 */
export function createPauseReporter(say: (line: string) => void): (view: ImportView) => void {
  let told: string[] = [];
  return (view) => {
    const lines = pauseLines(view);
    for (const line of lines) if (!told.includes(line)) say(line);
    if (told.length > 0 && lines.length === 0 && !restingStatuses.has(view.status)) {
      say("Nothing is paused any more; the import continues.");
    }
    told = lines;
  };
}
