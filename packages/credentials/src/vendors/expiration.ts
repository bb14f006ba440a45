import { z } from "zod";
import { oneLine } from "../gateways/answer-text.ts";
import type { LeaseEnd } from "../vendor.ts";
import { unusableAnswer } from "./unusable-answer.ts";

/**
 * Options of vendors whose answer says when a credential expires; no document says in which form.
 */
export const endOptions = z.strictObject({
  /** The zone of a time without one. */
  expiration_zone: z
    .string()
    .regex(/^(?:UTC|[+-](?:0\d|1[0-4]):[0-5]\d)$/, 'Give UTC or an offset such as "+08:00"')
    .optional(),
  /** Seconds that a credential lives if the answer's time is missing or can't be parsed. */
  lease_ttl: z.int().min(60).max(43_200).optional(),
});
type EndOptions = z.output<typeof endOptions>;

/** The platform's times without a zone are in GMT+8. */
const platformZone = "+08:00";

/**
 * Returns when a credential expires: by the vendor's own text, or after `lease_ttl` if that is
 * missing or can't be parsed. Otherwise throws VENDOR_ANSWER_INVALID, which quotes the text and
 * names `field`.
 */
export function leaseEnd(
  vendor: string,
  field: string,
  text: string | undefined,
  { expiration_zone, lease_ttl }: EndOptions,
): LeaseEnd {
  const time = expirationTime(text ?? "", expiration_zone);
  const said = oneLine(text ?? "").slice(0, 40);
  if (time !== undefined) return { ...time, said };
  if (lease_ttl !== undefined) return { after: lease_ttl * 1000 };
  const fault =
    said === ""
      ? `${field} is missing`
      : `${field} is ${JSON.stringify(said)}, which isn't in a known time format`;
  throw unusableAnswer(vendor, `${fault}: set \`lease_ttl\``);
}

interface ExpirationTime {
  /** Ms since the epoch. */
  readonly at: number;
  /** The zone that it was read in, if the text doesn't say. */
  readonly zone?: string;
  /** The time if it means UTC, when neither the text nor an option says. */
  readonly atIfUtc?: number;
}

/**
 * Parses an expiration in any of the formats that vendors use: seconds or milliseconds since the
 * epoch, .NET's `/Date(…)/`, a date with `-`, `/` or no separators and a time with or without a
 * zone, Java's `Sat Jan 02 03:04:05 CST 2027`, and HTTP's. Returns undefined for anything else.
 * `zone` is for texts without one.
 */
export function expirationTime(text: string, zone?: string): ExpirationTime | undefined {
  const said = text.trim();
  // Ten digits are seconds until the year 2286; thirteen digits are milliseconds.
  if (/^\d{10}$/.test(said)) return { at: Number(said) * 1000 };
  const milliseconds = /^(?:\\?\/Date\()?(\d{13})(?:(?:[+-]\d{4})?\)\\?\/)?$/.exec(said)?.[1];
  if (milliseconds !== undefined) return { at: Number(milliseconds) };
  for (const form of forms) {
    const parts = form.exec(said)?.groups;
    if (parts !== undefined) return timeOf(parts, zone);
  }
  return undefined;
}

const zonePart = String.raw`(?<zone>Z|UTC|CST|(?:GMT|UTC)?[+-]\d\d(?::?\d\d)?|GMT)`;
const clock = String.raw`(?<hour>\d{1,2}):(?<minute>\d\d)(?::(?<second>\d\d)(?:[.,](?<fraction>\d{1,9}))?)?`;
const forms = [
  String.raw`(?<year>\d{4})([-/])(?<month>\d{1,2})\2(?<day>\d{1,2})[ T]${clock} ?${zonePart}?`,
  String.raw`(?<year>\d{4})(?<month>\d\d)(?<day>\d\d)T?(?<hour>\d\d)(?<minute>\d\d)(?<second>\d\d)${zonePart}?`,
  String.raw`[a-z]{3} (?<month>[a-z]{3}) (?<day>\d{1,2}) ${clock} ${zonePart} (?<year>\d{4})`,
  String.raw`[a-z]{3}, (?<day>\d{1,2}) (?<month>[a-z]{3}) (?<year>\d{4}) ${clock} ${zonePart}`,
].map((form) => new RegExp(`^${form}$`, "i"));
const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

type Parts = Readonly<Record<string, string | undefined>>;

function timeOf(parts: Parts, configured: string | undefined): ExpirationTime | undefined {
  const wall = wallTime(parts);
  if (wall === undefined) return undefined;
  const said = parts.zone?.toUpperCase();
  // Java in China means China's time by CST; elsewhere it is America's.
  if (said !== undefined && said !== "CST") return { at: wall - offsetOf(said) };
  const zone = configured ?? platformZone;
  const isOpen = said === undefined && configured === undefined;
  return { at: wall - offsetOf(zone), zone, ...(isOpen && { atIfUtc: wall }) };
}

/** Returns the time as if it were in UTC; undefined for a day or hour that doesn't exist. */
function wallTime(parts: Parts): number | undefined {
  const named = months.indexOf(parts.month?.toLowerCase() ?? "");
  const fields = [
    Number(parts.year),
    named === -1 ? Number(parts.month) - 1 : named,
    Number(parts.day),
    Number(parts.hour),
    Number(parts.minute),
    Number(parts.second ?? 0),
  ] as const;
  const time = Date.UTC(...fields);
  const is = new Date(time);
  const shown = [
    is.getUTCFullYear(),
    is.getUTCMonth(),
    is.getUTCDate(),
    is.getUTCHours(),
    is.getUTCMinutes(),
    is.getUTCSeconds(),
  ];
  if (shown.some((value, index) => value !== fields[index])) return undefined;
  return time + Math.floor(Number(`0.${parts.fraction ?? "0"}`) * 1000);
}

/** Returns how far a zone is ahead of UTC, in milliseconds. */
function offsetOf(zone: string): number {
  const [, sign, hours, minutes = "00"] = /([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  if (hours === undefined) return 0;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
