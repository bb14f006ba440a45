import { type ImportView, type Pause, restingStatuses } from "@exhibit/contracts";
import { formatTime } from "./format.ts";

/** What of an import is paused, by whom and why, and the command that lets it go on; nothing for one that isn't. */
export function pauseLines(view: ImportView): string[] {
  const own =
    view.paused === null
      ? []
      : [
          `Paused ${byWhom(view.paused)}. Nothing of it is sent. It goes on by: npx exhibit resume ${view.import_id}`,
        ];
  const vendors = view.paused_vendors.map(({ vendor, ...pause }) => vendorPauseLine(vendor, pause));
  return [...own, ...vendors];
}

/** Who paused a vendor, when and why, and the command that lets it go on. */
export function vendorPauseLine(vendor: string, pause: Pause): string {
  return `The vendor ${vendor} was paused ${byWhom(pause)}. Its folders wait. They go on by: npx exhibit resume --vendor ${vendor}`;
}

/** `by 王芳 at 2026-11-23 20:00 +08:00: the scanner is being repaired` */
function byWhom({ who, at, why }: Pause): string {
  return `by ${who} at ${formatTime(at)}${why === null ? "" : `: ${why}`}`;
}

/** Tells, view by view, what was paused or goes on since the view before. */
export function createPauseTeller(say: (line: string) => void): (view: ImportView) => void {
  let told: string[] = [];
  return (view) => {
    const lines = pauseLines(view);
    for (const line of lines) if (!told.includes(line)) say(line);
    if (told.length > 0 && lines.length === 0 && !restingStatuses.has(view.status)) {
      say("Nothing of it is paused any more: it goes on.");
    }
    told = lines;
  };
}
