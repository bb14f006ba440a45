import { describe, expect, test, vi } from "vitest";
import { checkRatios } from "../../contest/check.ts";
import { floorsBelow, ratiosOf } from "../../contest/floors.ts";
import type { Run } from "../../contest/report.ts";

const runs = (...seconds: number[]): Run[] =>
  seconds.map((one) => ({ seconds: one, cpuSeconds: 0, peak: 0, sinkCpuSeconds: 0 }));

test("a ratio is the median of those of runs that were beside each other", () => {
  const measured = {
    files: 1,
    bytes: 1,
    // The machine was three times as slow in the second round, for both.
    runs: {
      exhibit: runs(1, 3, 1),
      "exhibit-embedded": runs(9),
      rclone: runs(2, 6, 8),
      curl: runs(0.5, 1.5, 0.5),
    },
  };
  expect(ratiosOf(measured)).toEqual({ rclone: 2, curl: 0.5 });
});

test("floors are a quarter below what was measured", () => {
  expect(floorsBelow({ rclone: 2, curl: 0.33 })).toEqual({ rclone: 1.5, curl: 0.25 });
});

describe("Ratios held to floors", () => {
  const floors = { small: { "ali-oss": 1.2, rclone: 0.6 } };

  async function check(first: Record<string, number>, second: Record<string, number> = {}) {
    const said: string[] = [];
    const again = vi.fn(async () => second);
    const isGood = await checkRatios({ small: first }, again, (line) => said.push(line), floors);
    return { isGood, said: said.join("\n"), times: 1 + again.mock.calls.length };
  }

  test("are good when none is below", async () => {
    expect(await check({ "ali-oss": 1.2, rclone: 0.7 })).toMatchObject({ isGood: true, times: 1 });
  });

  test("are measured again when one is below, and good if it isn't then", async () => {
    const first = { "ali-oss": 1.1, rclone: 0.7 };
    // Another one is below now: each needs to reach its floor once.
    const second = { "ali-oss": 1.3, rclone: 0.5 };
    expect(await check(first, second)).toMatchObject({ isGood: true, times: 2 });
  });

  test("fail when one is below twice, and it is said which, by how much, and where to look", async () => {
    const ratios = { "ali-oss": 1.1, rclone: 0.7 };
    const { isGood, said } = await check(ratios, { ...ratios, "ali-oss": 1.15 });
    expect(isGood).toBe(false);
    expect(said).toContain(
      "small: exhibit was 1.15 × as fast as ali-oss, and is to be 1.2 × at least.",
    );
    expect(said).toContain("npm run bench -- --quick --case NAME");
    expect(said).toContain("--write-floors");
    expect(said).not.toContain("rclone,");
  });

  test("say what wasn't there to be compared with", async () => {
    const { isGood, said } = await check({ "ali-oss": 1.3 });
    expect(isGood).toBe(true);
    expect(said).toContain("small: exhibit wasn't compared with rclone, which wasn't there.");
  });
});
