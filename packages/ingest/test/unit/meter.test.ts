import { expect, test } from "vitest";
import { createMeter } from "../../src/fleet/meter.ts";

function startedMeter() {
  let at = 1_000;
  const meter = createMeter(() => at);
  const pass = (seconds: number) => {
    at += seconds * 1000;
  };
  return { meter, pass };
}

test("A meter adds up what each import's files did since it was last taken", () => {
  const { meter, pass } = startedMeter();
  meter.count("a", 0, 500);
  meter.count("b", 1, 10);
  meter.count("a", 1, 500);
  pass(2);
  expect(meter.take()).toEqual({
    moved: [
      { importId: "a", files: 1, bytes: 1000 },
      { importId: "b", files: 1, bytes: 10 },
    ],
    seconds: 2,
  });
  pass(3);
  expect(meter.take()).toEqual({ moved: [], seconds: 3 });
});

test("What couldn't be told is told with what comes after it, with its time", () => {
  const { meter, pass } = startedMeter();
  meter.count("a", 1, 100);
  pass(2);
  meter.giveBack(meter.take());
  meter.count("a", 1, 50);
  pass(2);
  expect(meter.take()).toEqual({ moved: [{ importId: "a", files: 2, bytes: 150 }], seconds: 4 });
  expect(meter.rate()).toEqual({ files_per_second: 0.5, bytes_per_second: 38 });
});

test("A process's own rate is that of its last five takes, and never below zero", () => {
  const { meter, pass } = startedMeter();
  expect(meter.rate()).toEqual({ files_per_second: 0, bytes_per_second: 0 });
  for (const bytes of [1_000_000, 100, 100, 100, 100, 100]) {
    meter.count("a", 1, bytes);
    pass(2);
    meter.take();
  }
  expect(meter.rate()).toEqual({ files_per_second: 0.5, bytes_per_second: 50 });
  meter.count("a", 0, -1_000);
  pass(2);
  meter.take();
  expect(meter.rate().bytes_per_second).toBe(0);
});
