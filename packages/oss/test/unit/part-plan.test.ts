import { expect, it } from "vitest";
import { planParts } from "../../src/part-reader.ts";

const MiB = 1024 * 1024;
const wanted = { partSize: 6 * MiB, parallel: 4 };

it("takes the part size and number that are wanted for files up to 60 GB", () => {
  expect(planParts(9 * MiB, wanted)).toEqual(wanted);
  expect(planParts(60_000 * MiB, wanted)).toEqual(wanted);
});

it("never makes more than 10,000 parts, nor parts below 100 KiB", () => {
  const size = 1024 * 1024 * MiB;
  expect(Math.ceil(size / planParts(size, wanted).partSize)).toBeLessThanOrEqual(10_000);
  expect(planParts(MiB, { partSize: 1, parallel: 4 }).partSize).toBe(100 * 1024);
});

it("holds fewer of the parts that have to be bigger", () => {
  const { partSize, parallel } = planParts(1024 * 1024 * MiB, wanted);
  expect(partSize * parallel).toBeLessThanOrEqual(256 * MiB);
});
