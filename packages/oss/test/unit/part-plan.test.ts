import { expect, it } from "vitest";
import { createDigesterPool } from "../../src/digests.ts";
import { planParts, readParts } from "../../src/part-reader.ts";
import { bodyOfBytes, bytesOf } from "../leases.ts";

const MiB = 1024 * 1024;
const wanted = { partSize: 8 * MiB, parallel: 4 };

it("takes the part size and number that are wanted for files up to 80 GB", () => {
  expect(planParts(9 * MiB, wanted)).toEqual(wanted);
  expect(planParts(80_000 * MiB, wanted)).toEqual(wanted);
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

it("reads into a buffer again that was given back, and only then", async () => {
  const digester = await createDigesterPool().start();
  const parts = readParts(bodyOfBytes(bytesOf(400)), 100, digester, new AbortController().signal);
  const [one, two] = [await parts.next(), await parts.next()];
  if (one.done || two.done) throw new Error("four parts were expected");
  expect(two.value.bytes.buffer).not.toBe(one.value.bytes.buffer);
  one.value.release();
  const three = await parts.next();
  expect(three.value?.bytes.buffer).toBe(one.value.bytes.buffer);
  const four = await parts.next();
  expect(four.value?.bytes.buffer).not.toBe(two.value.bytes.buffer);
  expect((await parts.next()).done).toBe(true);
});
