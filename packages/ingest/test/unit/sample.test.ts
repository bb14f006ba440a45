import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { pickSample } from "../../src/verification/sample.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("hex");

test("a sample has exactly as many as are wanted: those whose digests are smallest", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.nat({ max: 310 }),
      fc.string({ maxLength: 5 }),
      (of, more, seed) => {
        const size = Math.max(1, more);
        const pick = pickSample({ size, of, seed });
        const picked = Array.from({ length: of }, (_, index) => index).filter(pick);
        const smallest = Array.from({ length: of }, (_, index) => index)
          .sort((a, b) => (digest(`${seed} ${a}`) < digest(`${seed} ${b}`) ? -1 : 1))
          .slice(0, size)
          .sort((a, b) => a - b);
        expect(picked).toEqual(smallest);
      },
    ),
    { numRuns: 50 },
  );
});

test("another seed picks others", () => {
  const of = (seed: string) => {
    const pick = pickSample({ size: 10, of: 10_000, seed });
    return Array.from({ length: 10_000 }, (_, index) => index).filter(pick);
  };
  expect(of("a")).toEqual(of("a"));
  expect(of("a")).not.toEqual(of("b"));
});
