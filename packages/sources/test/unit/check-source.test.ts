import type { Source } from "@exhibit/contracts";
import { expect, it } from "vitest";
import { checkSource } from "../../src/index.ts";

const roots = ["/evidence", "/mnt/cases/"];
const check = (path: string, of: readonly string[] = roots, dataDir?: string) =>
  checkSource({ type: "directory", path }, { roots: of, dataDir });

it.each(["/evidence", "/evidence/1001", "/evidence/..a", "/mnt/cases/x/../y", "/evidence//a/"])(
  "accepts %s",
  (path) => {
    expect(() => check(path)).not.toThrow();
  },
);

it.each(["/", "/etc", "/evidence2", "/evidence/../etc", "/mnt/cases/.."])(
  "refuses %s, which lies outside the roots",
  (path) => {
    expect(() => check(path)).toThrow(
      expect.objectContaining({
        code: "SOURCE_OUTSIDE_ROOTS",
        message: expect.stringContaining("may be read: /evidence, /mnt/cases/."),
      }),
    );
  },
);

it.each(["evidence/1001", "."])("refuses %s, which isn't an absolute path", (path) => {
  expect(() => check(path)).toThrow(
    expect.objectContaining({
      code: "REQUEST_INVALID",
      message: expect.stringContaining("absolute"),
    }),
  );
});

it("names five roots, and counts the others", () => {
  const many = Array.from({ length: 7 }, (_, index) => `/r${index}`);
  expect(() => check("/etc", many)).toThrow("/r0, /r1, /r2, /r3, /r4 and 2 more.");
});

it.each(["/evidence/a\0b", "/evidence/\ud800"])("refuses %j, which can't be a path", (path) => {
  expect(() => check(path)).toThrow(expect.objectContaining({ code: "REQUEST_INVALID" }));
});

it("accepts nothing when there are no roots", () => {
  expect(() => check("/evidence", [])).toThrow(
    expect.objectContaining({
      code: "SOURCE_OUTSIDE_ROOTS",
      message: expect.stringContaining("none is configured"),
    }),
  );
});

it("accepts everything below a root that is the whole file system", () => {
  expect(() => check("/etc", ["/"])).not.toThrow();
});

it.each(["/evidence", "/evidence/", "/evidence/case/..", "/", "/evidence/.exhibit"])(
  "refuses %s, which holds Exhibit's own data",
  (path) => {
    expect(() => check(path, ["/"], "/evidence/.exhibit")).toThrow(
      expect.objectContaining({
        code: "REQUEST_INVALID",
        message: expect.stringContaining("/evidence/.exhibit"),
      }),
    );
  },
);

it.each(["/evidence/1001", "/evidence/.exhibit/sample-case", "/evidence/.exhibit2"])(
  "accepts %s, which lies beside Exhibit's own data or within",
  (path) => {
    expect(() => check(path, ["/"], "/evidence/.exhibit")).not.toThrow();
    expect(() => check(path)).not.toThrow();
  },
);

it("refuses an unknown kind, and options that a kind doesn't have", () => {
  const policy = { roots, dataDir: undefined };
  for (const source of [
    { type: "carrier pigeon", path: "/evidence" },
    { type: "toString", path: "/evidence" },
    { type: "directory", path: "/evidence", follow: true },
    { type: "directory" },
  ]) {
    expect(() => checkSource(source as unknown as Source, policy)).toThrow(
      expect.objectContaining({ code: "REQUEST_INVALID" }),
    );
  }
});

const within = (path: string, limits: readonly string[]) =>
  checkSource({ type: "directory", path }, { roots, limits, dataDir: undefined });

it.each([
  ["/evidence/E-77/scans", ["/evidence/E-77"]],
  ["/evidence/E-77", ["/elsewhere", "/evidence/E-77/"]],
  // Wider than a root, and as wide.
  ["/evidence/1", ["/"]],
  ["/mnt/cases/1", ["/mnt/cases"]],
])("accepts %s, which lies within the limits %j, too", (path, limits) => {
  expect(() => within(path, limits)).not.toThrow();
});

it.each([
  ["/evidence/E-78", ["/evidence/E-77"], "/evidence/E-77"],
  ["/evidence/E-77/../E-78", ["/evidence/E-77"], "/evidence/E-77"],
  ["/evidence/E-777", ["/evidence/E-77"], "/evidence/E-77"],
  // A limit opens nothing that the configuration doesn't.
  ["/etc/ssl", ["/etc", "/evidence/E-77"], "/evidence/E-77"],
  ["/etc/ssl", ["/etc"], "none"],
  ["/evidence/1", ["evidence", ".", "../".repeat(40)], "none"],
])("refuses %s outside the limits %j, and names no folder beyond them", (path, limits, named) => {
  expect(() => within(path, limits)).toThrow(
    expect.objectContaining({
      code: "SOURCE_OUTSIDE_ROOTS",
      message: `The source ${path} lies outside the folders that may be read: ${named}.`,
    }),
  );
});
