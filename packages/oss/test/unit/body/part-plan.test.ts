import { expect, it } from "vitest";
import { planParts, tooLarge } from "../../../src/body/part-plan.ts";

const MiB = 1024 * 1024;
const wanted = { partSize: 6 * MiB, parallel: 4 };

it("keeps to the plan that is wanted for files up to 60 GB", () => {
  expect(planParts(9 * MiB, wanted)).toEqual(wanted);
  expect(planParts(60_000 * MiB, wanted)).toEqual(wanted);
});

it("never makes more than 10,000 parts, nor parts below 100 KiB", () => {
  const size = 1024 * 1024 * MiB;
  expect(Math.ceil(size / planParts(size, wanted).partSize)).toBeLessThanOrEqual(10_000);
  expect(planParts(MiB, { partSize: 1, parallel: 4 }).partSize).toBe(100 * 1024);
});

it("holds fewer parts where they have to be larger", () => {
  const { partSize, parallel } = planParts(1024 * 1024 * MiB, wanted);
  expect(partSize * parallel).toBeLessThanOrEqual(256 * MiB);
});

const LARGEST = 21_474_836_470_000;

it("accepts files up to 10,000 parts of the largest size", () => {
  expect(tooLarge(LARGEST)).toBeUndefined();
  const { partSize, parallel } = planParts(LARGEST, wanted);
  expect(partSize).toBe(2 ** 31 - 1);
  expect(parallel).toBe(1);
  expect(Math.ceil(LARGEST / partSize)).toBe(10_000);
});

it.each([LARGEST + 1, 48.8e12, Number.MAX_SAFE_INTEGER, 2 ** 63])(
  "names a file of %i bytes as too large, before anything is asked of OSS",
  (size) => {
    const error = { code: "SOURCE_TOO_LARGE", message: expect.stringContaining(String(LARGEST)) };
    expect(tooLarge(size)).toMatchObject(error);
    expect(() => planParts(size, wanted)).toThrow(expect.objectContaining(error));
  },
);
