/** A length of time as people say it. */
export interface Period {
  readonly count: number;
  readonly unit: "days" | "years";
}

/** What OSS takes: "1 day to 70 years" (PROTOCOLS.md 5.6). */
const MAX_YEARS = 70;
const MAX_DAYS = 25_550;

/** Reads a period such as `10y` or `3650d`, of 70 years at most. Returns a reason if it isn't one. */
export function parsePeriod(text: string): Period | string {
  const [, digits, letter] = /^(\d{1,5})([dy])$/.exec(text) ?? [];
  if (digits === undefined) return "it isn't a period such as 10y or 3650d";
  const count = Number(digits);
  const unit = letter === "y" ? "years" : "days";
  const most = unit === "years" ? MAX_YEARS : MAX_DAYS;
  if (count < 1 || count > most) return `it isn't between 1 and ${most} ${unit}`;
  return { count, unit };
}

/** Returns the end of a period, in whole seconds, which is as exact as OSS keeps it. */
export function endOfPeriod(from: Date, { count, unit }: Period): Date {
  const end = new Date(from);
  end.setUTCMilliseconds(0);
  if (unit === "years") end.setUTCFullYear(end.getUTCFullYear() + count);
  else end.setUTCDate(end.getUTCDate() + count);
  return end;
}
