import { expect, test } from "vitest";
import { endOfPeriod, parsePeriod } from "../../src/index.ts";

test.each([
  ["10y", { count: 10, unit: "years" }],
  ["1d", { count: 1, unit: "days" }],
  ["25550d", { count: 25_550, unit: "days" }],
  ["70y", { count: 70, unit: "years" }],
])("%s is a period", (text, period) => {
  expect(parsePeriod(text)).toEqual(period);
});

test.each([
  ["", "it isn't a period such as 10y or 3650d"],
  ["10", "it isn't a period such as 10y or 3650d"],
  ["10 y", "it isn't a period such as 10y or 3650d"],
  ["-1d", "it isn't a period such as 10y or 3650d"],
  ["0d", "it isn't between 1 and 25550 days"],
  ["25551d", "it isn't between 1 and 25550 days"],
  ["71y", "it isn't between 1 and 70 years"],
])("%j is refused: %s", (text, reason) => {
  expect(parsePeriod(text)).toBe(reason);
});

test("a period ends at the same time of day, in whole seconds", () => {
  const from = new Date("2024-02-29T23:59:59.999Z");
  const ends = (text: string) => {
    const period = parsePeriod(text);
    return typeof period === "string" ? period : endOfPeriod(from, period).toISOString();
  };
  expect(ends("1y")).toBe("2025-03-01T23:59:59.000Z");
  expect(ends("4y")).toBe("2028-02-29T23:59:59.000Z");
  expect(ends("366d")).toBe("2025-03-01T23:59:59.000Z");
  expect(from.getUTCMilliseconds()).toBe(999);
});
