import { expect, test } from "vitest";
import type { Case } from "../../contest/cases.ts";
import { chart } from "../../contest/chart.ts";

const each: Case = {
  description: "3 files",
  sizes: () => [1, 2, 3],
  unit: "files/s",
  goals: [{ times: 2, contender: "rclone" }, { times: 3, contender: "ali-oss" }, { speed: 900 }],
};
const figure = (name: string, seconds: number) => ({
  name,
  files: 1000,
  bytes: 1,
  seconds,
  cpuSeconds: 1,
  peak: 1,
  sinkCpuSeconds: 0,
});

test("the chart has a bar for each figure, the unit, a stroke for each goal that can be told, and the machine", () => {
  const figures = { small: [figure("exhibit", 2), figure("rclone", 4), figure("curl", 1)] };
  const svg = chart({ small: each }, figures, ["2 cores, R&D"]);
  // The longest bar is curl's with 1,000 files/s; ali-oss wasn't there.
  const widths = [...svg.matchAll(/<rect x="150" .*? width="(\d+)"/g)].map(([, width]) =>
    Number(width),
  );
  expect(widths).toEqual([250, 125, 500]);
  const strokes = [...svg.matchAll(/<rect x="(\d+)" .*? width="3"/g)].map(([, x]) => Number(x));
  expect(strokes).toEqual([150 + 250, 150 + 450]);
  for (const words of [
    "3 files (files/s)",
    "Goal: 2 × rclone and 3 × ali-oss and 900 files/s",
    ">500<",
    "2 cores, R&amp;D",
  ])
    expect(svg).toContain(words);
});
