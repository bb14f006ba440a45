import type { StampView } from "@exhibit/contracts";
import { formatTime, type TimeStyle } from "./format.ts";

/** A stamp; the reason why it isn't there is known only where it is asked for. */
type ShownStamp = Omit<StampView, "error"> & Partial<Pick<StampView, "error">>;

/** Returns what became of an entry's time stamps, in a line: `stamped by tsa on 2026-11-30 01:02:03` */
export function stampsLine(stamps: readonly ShownStamp[], style: TimeStyle): string {
  return stamps.map((stamp) => stampWords(stamp, style)).join(", ");
}

/** Returns what became of one, with the reason if it isn't there. */
export function stampWords(
  { authority, state, at, error = null }: ShownStamp,
  style: TimeStyle,
): string {
  if (at !== null) return `stamped by ${authority} on ${formatTime(new Date(at), style)}`;
  const words = {
    granted: `stamped by ${authority}`,
    pending: `stamp of ${authority} pending`,
    unchecked: `stamped by ${authority}, unchecked`,
    refused: `${authority} gave no stamp`,
    invalid: `the stamp of ${authority} isn't in order`,
  }[state];
  return error === null ? words : `${words} (${error.replace(/\.$/, "")})`;
}
