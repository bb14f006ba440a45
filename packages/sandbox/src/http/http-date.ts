let last = { second: -1, text: "" };

/** Returns a time (milliseconds since the epoch) as a Date header has it. The text is made once a second. */
export function httpDate(now: number): string {
  const second = Math.floor(now / 1000);
  if (second !== last.second) last = { second, text: new Date(now).toUTCString() };
  return last.text;
}
