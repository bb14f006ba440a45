const GMT8_MS = 8 * 3600_000;

/** Returns a time (milliseconds since the epoch) as `yyyy-MM-dd HH:mm:ss` in GMT+8. */
export function writePlatformTime(time: number): string {
  return new Date(time + GMT8_MS).toISOString().slice(0, 19).replace("T", " ");
}

/** Returns the milliseconds since the epoch of such a text; NaN for any other text. */
export function readPlatformTime(text: string): number {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/u.test(text)) return Number.NaN;
  return Date.parse(`${text.replace(" ", "T")}Z`) - GMT8_MS;
}
