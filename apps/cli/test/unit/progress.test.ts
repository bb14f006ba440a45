import { sealed, viewOf } from "@exhibit/client/testing";
import { expect, test } from "vitest";
import { createProgressDisplay } from "../../src/output/progress/display.ts";
import { createMeter } from "../../src/output/progress/measure.ts";
import { progressBars, progressLine } from "../../src/output/progress/text.ts";
import { recordedSink } from "../support/text-sink.ts";

/** The measure of a second view, `seconds` after a first with nothing done. */
function measureAfter(seconds: number, changes: Parameters<typeof viewOf>[0] = {}) {
  let now = 0;
  const measure = createMeter(() => now);
  measure(viewOf({ planned: 1000, stored: 0, stored_bytes: 0 }));
  now = seconds * 1000;
  return measure(viewOf(changes));
}

test("rates and time left come from what was done in the last seconds", () => {
  const measure = measureAfter(5);
  expect(measure.filesPerSecond).toBe(50);
  expect(measure.bytesPerSecond).toBe(2_000_000);
  expect(measure.secondsLeft).toBe(15);
});

test("many small files at the end count more than their bytes", () => {
  const measure = measureAfter(5, { planned: 500, stored: 500, stored_bytes: 39_000_000 });
  expect(measure.secondsLeft).toBe(5);
});

test("there is no time left to tell while the source is being walked, or when nothing moves", () => {
  expect(measureAfter(5, { status: "planning" }).secondsLeft).toBeUndefined();
  expect(
    measureAfter(5, { planned: 1000, stored: 0, stored_bytes: 0 }).secondsLeft,
  ).toBeUndefined();
});

/** The measures of an import of a thousand files whose rates change: views of `[second, files done, bytes done]`. */
function measures(...views: [at: number, files: number, bytes: number][]) {
  let now = 0;
  const measure = createMeter(() => now);
  return views.map(([at, files, bytes]) => {
    now = at * 1000;
    return measure(viewOf({ planned: 1000 - files, stored: files, stored_bytes: bytes }));
  });
}

test("no time is told before it can be: not in the first seconds, not while rates change, not by a file or two", () => {
  const left = (...views: Parameters<typeof measures>) =>
    measures(...views).map(({ secondsLeft }) => secondsLeft);
  expect(left([0, 0, 0], [1, 50, 2e6], [2, 100, 4e6]).at(-1)).toBeUndefined();
  expect(left([0, 0, 0], [2, 100, 4e6], [4, 200, 8e6]).at(-1)).toBe(16);
  expect(left([0, 0, 0], [2, 1, 4e4], [4, 200, 8e6]).at(-1)).toBeUndefined();
  // Two files of 1 MB in four seconds: 78 seconds by their bytes, not 33 minutes by their number.
  expect(left([0, 0, 0], [2, 1, 1e6], [4, 2, 2e6]).at(-1)).toBe(76);
});

test("a rate is never negative, and what stands still has none", () => {
  const [, back] = measures([0, 10, 9e6], [4, 10, 1e6]);
  expect(back).toMatchObject({ filesPerSecond: 0, bytesPerSecond: 0, secondsLeft: undefined });
  const still = measureAfter(5, { moving: false });
  expect(still).toMatchObject({ filesPerSecond: undefined, bytesPerSecond: undefined });
  expect(progressLine(still)).toBe("storing: 250 of 1,000 files, 10.0 MB of 40.0 MB");
});

test("a plain line says all of it", () => {
  expect(progressLine(measureAfter(5))).toBe(
    "storing: 250 of 1,000 files, 10.0 MB of 40.0 MB, 2.0 MB/s, 15 s left",
  );
  expect(progressLine(measureAfter(5, { status: "planning", failed: 3 }))).toContain(
    "found so far",
  );
  expect(progressLine(measureAfter(5, { failed: 3 }))).toContain("3 failed");
});

test("bars fit the terminal: first they get shorter, then they go, then the text is cut", () => {
  const measure = measureAfter(5);
  const [wide] = progressBars(measure, 100);
  expect(wide).toBe(`Files  ${"█".repeat(7)}${"░".repeat(23)}  250 / 1,000  50/s`);
  for (const columns of [100, 60, 40, 30, 12, 1, 0]) {
    for (const line of progressBars(measure, columns))
      expect(line.length).toBeLessThanOrEqual(columns);
  }
  expect(progressBars(measure, 26)[0]).not.toContain("█");
});

test("a bar is full only when everything is done", () => {
  const almost = measureAfter(5, { planned: 1, stored: 999 });
  expect(progressBars(almost, 100)[0]).toContain("░");
  let now = 0;
  const measure = createMeter(() => now++);
  expect(progressBars(measure(sealed), 100)[0]).not.toContain("░");
});

test("without a terminal there is a plain line at most every two seconds, and the last one in any case", () => {
  let now = 0;
  const sink = recordedSink();
  const display = createProgressDisplay(sink, () => now);
  for (now = 0; now <= 4_500; now += 500) display.update(viewOf({ planned: 1000 - now / 10 }));
  display.update(sealed);
  display.end();
  const lines = sink.text().trimEnd().split("\n");
  expect(lines).toHaveLength(4);
  expect(lines.at(-1)).toContain("sealed: 1,000 of 1,000 files");
  expect(sink.text()).not.toContain("\u001b");
});

test("on a terminal the bars are drawn over themselves, and a note stands above them", () => {
  let now = 0;
  const sink = recordedSink({ isTTY: true, columns: 80 });
  const display = createProgressDisplay(sink, () => now);
  display.update(viewOf());
  now = 1_000;
  display.update(viewOf({ planned: 700 }));
  expect(sink.text().split("\u001b[2A")).toHaveLength(2);
  display.note("The API doesn't answer");
  display.end();
  expect(sink.text()).toContain("The API doesn't answer\n");
});

test("a terminal that doesn't know how wide it is gets whole lines", () => {
  const sink = recordedSink({ isTTY: true, columns: 0 });
  const display = createProgressDisplay(sink, () => 0);
  display.update(viewOf());
  display.end();
  expect(sink.text()).toBe("storing: 250 of 1,000 files, 10.0 MB of 40.0 MB\n");
});
