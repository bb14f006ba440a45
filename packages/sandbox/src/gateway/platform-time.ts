const GMT8_MS = 8 * 3600_000;

/** `yyyy-MM-dd HH:mm:ss` in GMT+8, of milliseconds since the epoch. */
export function writePlatformTime(time: number): string {
  return new Date(time + GMT8_MS).toISOString().slice(0, 19).replace("T", " ");
}

/** The reverse; NaN for a text of another form. */
export function readPlatformTime(text: string): number {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/u.test(text)) return Number.NaN;
  return Date.parse(`${text.replace(" ", "T")}Z`) - GMT8_MS;
}
