import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseBwlimit, rateAt } from "../../src/index.ts";

/** 22 November 2026 is a Sunday. */
function at(day: number, time: string): Date {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return new Date(2026, 10, 22 + day, hours, minutes);
}

const KiB = 1024;
const MiB = 1024 * KiB;
const now = (text: string, day = 3, time = "12:00") => rateAt(parseBwlimit(text), at(day, time));

describe("A bandwidth limit as rclone writes it", () => {
  test.each([
    ["10M", 10 * MiB],
    ["10MiB", 10 * MiB],
    ["512k", 512 * KiB],
    ["512", 512 * KiB],
    ["1.5G", 1.5 * 1024 * MiB],
    ["4096b", 4096],
    ["off", null],
    ["OFF", null],
    ["0", null],
    [" 10M ", 10 * MiB],
  ])("%j is a rate", (text, rate) => {
    expect(now(text)).toBe(rate);
  });

  test.each([
    ["07:59", null],
    ["08:00", 512 * KiB],
    ["18:59", 512 * KiB],
    ["19:00", 10 * MiB],
    ["23:00", null],
    ["00:00", null],
  ])("a timetable holds each entry until the next, also past midnight: %s", (time, rate) => {
    for (const day of [0, 3, 6]) {
      expect(now("08:00,512k 19:00,10M 23:00,off", day, time)).toBe(rate);
    }
  });

  test("an entry with a weekday holds from that day until the next entry of the week", () => {
    const text = "Mon-08:00,512k friday-18:30,10M  Sat-10:00,off";
    expect(now(text, 1, "07:59")).toBe(null);
    expect(now(text, 1, "08:00")).toBe(512 * KiB);
    expect(now(text, 5, "18:29")).toBe(512 * KiB);
    expect(now(text, 5, "18:30")).toBe(10 * MiB);
    expect(now(text, 0, "03:00")).toBe(null);
    // A day of its own beside entries for every day.
    expect(now("08:00,1M 20:00,off Sun-09:00,2M", 0, "10:00")).toBe(2 * MiB);
    expect(now("08:00,1M 20:00,off Sun-09:00,2M", 2, "10:00")).toBe(MiB);
  });

  test.each([
    ["10X", "10X"],
    ["", ""],
    ["-5M", "-5M"],
    ["10M:1M", "10M:1M"],
    ["100b", "100b"],
    ["1025T", "1025T"],
    ["9007199254740993", "9007199254740993"],
    ["08:00,512k 19:00", "19:00"],
    ["08:00,512k 25:00,1M", "25:00,1M"],
    ["08:00,512k 19:60,1M", "19:60,1M"],
    ["08:00,fast", "08:00,fast"],
    ["Foo-08:00,512k", "Foo-08:00,512k"],
    ["08:00,512k, 19:00,1M", "08:00,512k,"],
    ["08:00,512k 8:00,1M", "08:00,512k 8:00,1M"],
  ])("%j is refused, and the message names the piece", (text, piece) => {
    expect(() => parseBwlimit(text)).toThrow(
      expect.objectContaining({
        code: "REQUEST_INVALID",
        message: expect.stringContaining(`at ${JSON.stringify(piece)}: `),
      }),
    );
  });

  test("at every minute of the week the latest entry holds, in whatever order they are written", () => {
    const entry = fc.record({
      day: fc.nat(6),
      minute: fc.nat(24 * 60 - 1),
      rate: fc.option(fc.integer({ min: 1, max: 1_000_000 })),
    });
    const names = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const two = (number: number) => String(number).padStart(2, "0");
    fc.assert(
      fc.property(
        fc.uniqueArray(entry, {
          minLength: 1,
          maxLength: 12,
          selector: ({ day, minute }) => day * 1440 + minute,
        }),
        fc.nat(7 * 24 * 60 - 1),
        (entries, minute) => {
          const text = entries
            .map(
              ({ day, minute: of, rate }) =>
                `${names[day]}-${two(Math.floor(of / 60))}:${two(of % 60)},${rate === null ? "off" : `${rate}k`}`,
            )
            .join(" ");
          const age = ({ day, minute: of }: (typeof entries)[number]) =>
            (minute - (day * 1440 + of) + 7 * 1440) % (7 * 1440);
          const [latest] = entries.toSorted((a, b) => age(a) - age(b));
          const time = `${Math.floor((minute % 1440) / 60)}:${minute % 60}`;
          const expected = latest?.rate == null ? null : latest.rate * KiB;
          expect(now(text, Math.floor(minute / 1440), time)).toBe(expected);
        },
      ),
    );
  });
});
