import { expect, it } from "vitest";
import { parseConfig } from "../../src/index.ts";

function custodyOf(custody: object) {
  const value = { sources: { roots: ["/e"] }, custody, vendors: {} };
  return parseConfig(value, "memory").custody;
}

function faults(custody: object): string {
  try {
    custodyOf(custody);
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}

it("A retention is a period", () => {
  expect(custodyOf({ retention: "10y" })?.retention).toEqual({ count: 10, unit: "years" });
  expect(faults({ retention: "10" })).toContain("custody.retention: it isn't a period such as 10y");
});

it("A schedule says how often, and what as a verification does", () => {
  const month = { count: 30, unit: "days" };
  const verify = [
    { every: "30d" },
    { every: "30d", by: "list" },
    { every: "1y", against: "oss" },
    { every: "1y", by: "download", sample: "1%", rate: 50 },
    { every: "1y", against: "source", sample: 3000 },
  ];
  expect(custodyOf({ verify })?.verify).toMatchObject([
    { every: month, request: { against: "receipts" } },
    { every: month, request: { against: "oss", by: "list" } },
    { every: { count: 1, unit: "years" }, request: { against: "oss" } },
    { request: { against: "oss", by: "download", sample: "1%", rate: 50 } },
    { request: { against: "source", sample: 3000 } },
  ]);
});

it.each([
  [{ by: "list" }, "custody.verify.0.every: it is missing"],
  [{ every: "soon" }, "it isn't a period"],
  [{ every: "30d", against: "source", by: "list" }, "by is for verifications against oss"],
  [{ every: "30d", sample: 3000 }, "the receipts are verified as a whole"],
  [{ every: "30d", by: "look" }, "custody.verify.0.by"],
  [{ every: "30d", seed: "1" }, "seed"],
])("The schedule %j is refused", (schedule, reason) => {
  expect(faults({ verify: [schedule] })).toContain(reason);
});

it("Two schedules that do the same are refused, also with other periods", () => {
  const verify = [
    { every: "30d", by: "list" },
    { every: "1y", against: "oss", by: "list" },
  ];
  expect(faults({ verify })).toContain("two of them do the same");
});
