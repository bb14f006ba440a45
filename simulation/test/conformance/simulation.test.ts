import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import type { Figures } from "../../figures.ts";

const program = join(import.meta.dirname, "../../run.ts");

/** Of each of the nine small tenants; the tenth has a thousand times as many. */
const FILES = 1280;

// A process of its own: the simulation takes the clocks.
describe("A fleet of 10 workers in virtual time", () => {
  let tenants: Figures;
  let images: Figures;

  beforeAll(async () => {
    const size = ["--small", "--workers", "10", "--files", String(FILES * 1000)];
    const args = [...size, "--json", "--scenario", "tenants,images"];
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...args]);
    ({ tenants, images } = JSON.parse(stdout));
  }, 120_000);

  test("stores every file once", () => {
    expect(tenants).toMatchObject({ failed: 0, writtenTwice: 0, expired: 0 });
    expect(tenants.tenants.slice(1).map(({ stored }) => stored)).toEqual(Array(9).fill(FILES));
    expect(tenants.tenants.reduce((sum, { stored }) => sum + stored, 0)).toBe(tenants.stored);
  });

  test("gives ten tenants equal turns, though one has a thousand times as much and was first", () => {
    expect(tenants.tenants.map(({ share }) => share)).not.toContain(undefined);
    expect(tenants.fairness).toBeGreaterThanOrEqual(0.95);
  });

  test("keeps to OSS's limit for a prefix, and uses it", () => {
    const [large] = tenants.partitions;
    expect(Math.max(...tenants.partitions.map((each) => each.longestOverload))).toBeLessThan(8);
    expect(Math.max(...tenants.partitions.map((each) => each.refused))).toBeLessThan(0.15);
    expect(large?.asked).toBeGreaterThan(800);
    expect(large?.asked).toBeLessThan(2100);
  });

  test("keeps to a vendor's quota, and asks once for what all workers need", () => {
    expect(tenants.vendor).toMatchObject({ calls: 10, refused: 0 });
    expect(images.vendor.refused).toBe(0);
    expect(images.vendor.mostInASecond).toBeLessThanOrEqual(20);
    expect(images.stored).toBeGreaterThan(30);
  });
});
