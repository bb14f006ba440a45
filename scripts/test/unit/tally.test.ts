import { expect, test } from "vitest";
import { tallyOf } from "../tally.mjs";

const file = (status: string, tests: number) => ({
  name: "/checkout/a.test.ts",
  status,
  assertionResults: Array.from({ length: tests }, () => ({})),
});

test("a good run has vitest's numbers and nothing to say", () => {
  const report = { numPassedTests: 12, numFailedTests: 0, testResults: [file("passed", 12)] };
  expect(tallyOf({ report, exitCode: 0, failedChecks: [] })).toEqual({
    passed: 12,
    failed: 0,
    notes: [],
  });
});

test("a failed check counts as failed though every test passed", () => {
  const report = { numPassedTests: 12, numFailedTests: 0, testResults: [file("passed", 12)] };
  const tally = tallyOf({ report, exitCode: 0, failedChecks: ["lint"] });
  expect(tally).toMatchObject({ passed: 12, failed: 1 });
  expect(tally.notes).toEqual(["lint failed: npm run lint"]);
});

test("a test file that couldn't be loaded counts as failed", () => {
  const report = {
    numPassedTests: 3,
    numFailedTests: 1,
    testResults: [file("failed", 4), file("failed", 0)],
  };
  expect(tallyOf({ report, exitCode: 1, failedChecks: [] })).toMatchObject({
    passed: 3,
    failed: 2,
  });
});

test("an error outside of every test counts as failed", () => {
  const report = { numPassedTests: 3, numFailedTests: 0, testResults: [file("passed", 3)] };
  expect(tallyOf({ report, exitCode: 1, failedChecks: [] })).toMatchObject({
    passed: 3,
    failed: 1,
  });
});

test("a vitest that couldn't start counts as failed", () => {
  expect(tallyOf({ report: undefined, exitCode: 1, failedChecks: [] })).toMatchObject({
    passed: 0,
    failed: 1,
  });
});
