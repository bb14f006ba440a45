import { expect, it } from "vitest";
import { checkSource } from "../../src/index.ts";

const roots = ["/evidence", "/mnt/cases/"];
const at = (path: string) => ({ type: "directory" as const, path });

it.each(["/evidence", "/evidence/1001", "/evidence/..a", "/mnt/cases/x/../y", "/evidence//a/"])(
  "lets %s pass",
  (path) => {
    expect(() => checkSource(at(path), roots)).not.toThrow();
  },
);

it.each(["/", "/etc", "/evidence2", "/evidence/../etc", "/mnt/cases/..", "evidence/1001", "."])(
  "refuses %s as outside the roots",
  (path) => {
    expect(() => checkSource(at(path), roots)).toThrow(
      expect.objectContaining({ code: "SOURCE_OUTSIDE_ROOTS" }),
    );
  },
);

it.each(["/evidence/a\0b", "/evidence/\ud800"])("refuses the path %j as none", (path) => {
  expect(() => checkSource(at(path), roots)).toThrow(
    expect.objectContaining({ code: "REQUEST_INVALID" }),
  );
});

it("lets nothing pass when there are no roots", () => {
  expect(() => checkSource(at("/evidence"), [])).toThrow(
    expect.objectContaining({ code: "SOURCE_OUTSIDE_ROOTS" }),
  );
});

it("takes a root that is the whole file system at its word", () => {
  expect(() => checkSource(at("/etc"), ["/"])).not.toThrow();
});
