import { ExhibitError } from "./errors/exhibit-error.ts";

/** Bandwidth limits by the time of the week; empty means no limit. */
export type Timetable = readonly Entry[];

interface Entry {
  /** Minutes from Sunday 00:00. */
  from: number;
  /** Bytes per second; null means no limit. */
  rate: number | null;
}

const MINUTES_OF_DAY = 24 * 60;
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/** Bytes per second; below this, requests would take forever. */
const MIN_RATE = 1024;
/** Bytes per second; beyond this, numbers aren't exact, and no network is so fast. */
const FASTEST = 1024 ** 5;
const units: Readonly<Record<string, number>> = {
  b: 1,
  "": 1024,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
};

/**
 * Parses a limit in the form of rclone's `--bwlimit`: `10M` (MiB per second), `512k`, `512` (KiB),
 * `off`, or a timetable such as `08:00,512k 19:00,10M 23:00,off`. Each entry holds until the next
 * one, on every day unless it names a weekday: `Mon-08:00,512k`. Throws REQUEST_INVALID naming the
 * part that isn't valid.
 */
export function parseBwlimit(text: string): Timetable {
  const pieces = text.trim().split(/\s+/);
  const [first = ""] = pieces;
  if (pieces.length === 1 && !first.includes(",")) {
    const rate = rateOf(first, first);
    return rate === null ? [] : [{ from: 0, rate }];
  }
  const entries = pieces.flatMap(entriesOf).sort((a, b) => a.from - b.from);
  const twice = entries.find(({ from }, index) => entries[index + 1]?.from === from);
  if (twice) throw faulty(text.trim(), `it names ${nameOf(twice.from)} twice`);
  return entries;
}

/**
 * Returns the limit at a time, by this process's local time: bytes per second, null for no limit.
 */
export function rateAt(timetable: Timetable, at: Date): number | null {
  const minute = at.getDay() * MINUTES_OF_DAY + at.getHours() * 60 + at.getMinutes();
  // Before the first entry of the week, the last one of the previous week holds.
  const entry = timetable.findLast(({ from }) => from <= minute) ?? timetable.at(-1);
  return entry?.rate ?? null;
}

function entriesOf(piece: string): Entry[] {
  const [, day, hours, minutes, amount] =
    /^(?:([a-z]+)-)?(\d{1,2}):(\d{2}),(.*)$/i.exec(piece) ?? [];
  if (hours === undefined || minutes === undefined || amount === undefined) {
    throw faulty(piece, "an entry of a timetable looks like 08:00,512k or Mon-08:00,512k");
  }
  if (Number(hours) > 23 || Number(minutes) > 59) throw faulty(piece, "there is no such time");
  const rate = rateOf(amount, piece);
  const from = Number(hours) * 60 + Number(minutes);
  const days = day === undefined ? [...DAYS.keys()] : [dayOf(day, piece)];
  return days.map((number) => ({ from: number * MINUTES_OF_DAY + from, rate }));
}

function dayOf(day: string, piece: string): number {
  const names = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
  const wanted = day.toLowerCase();
  const number = names.findIndex((name, index) => wanted === name || wanted === DAYS[index]);
  if (number < 0) throw faulty(piece, `there is no weekday ${JSON.stringify(day)}`);
  return number;
}

function rateOf(amount: string, piece: string): number | null {
  if (/^off$/i.test(amount)) return null;
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)([bkmgt]?)(?:i?b)?$/i.exec(amount) ?? [];
  if (number === undefined) {
    throw faulty(piece, "a rate looks like 10M, 512k, 1.5G or off, in bytes per second");
  }
  const rate = Math.round(Number(number) * (units[unit.toLowerCase()] ?? Number.NaN));
  if (rate === 0) return null;
  if (rate < MIN_RATE) throw faulty(piece, "less than 1 KiB per second isn't accepted");
  if (rate > FASTEST) throw faulty(piece, "more than 1024 TiB per second isn't accepted");
  return rate;
}

function nameOf(from: number): string {
  const minute = from % MINUTES_OF_DAY;
  const two = (number: number) => String(number).padStart(2, "0");
  return `${DAYS[Math.floor(from / MINUTES_OF_DAY)]}-${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

function faulty(piece: string, reason: string): ExhibitError {
  return new ExhibitError(
    "REQUEST_INVALID",
    `The bandwidth limit can't be read at ${JSON.stringify(piece)}: ${reason}.`,
  );
}
