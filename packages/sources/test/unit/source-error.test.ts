import { ExhibitError } from "@exhibit/contracts";
import { expect, it } from "vitest";
import { sourceError } from "../../src/source-error.ts";

it.each([
  ["ENOENT", "SOURCE_NOT_FOUND"],
  ["ENOTDIR", "SOURCE_NOT_FOUND"],
  ["EACCES", "SOURCE_UNREADABLE"],
  ["EPERM", "SOURCE_UNREADABLE"],
  ["ELOOP", "SOURCE_UNREADABLE"],
  ["ENAMETOOLONG", "SOURCE_UNREADABLE"],
  ["EIO", "SOURCE_IO"],
  ["EMFILE", "SOURCE_IO"],
  ["ESTALE", "SOURCE_IO"],
])("makes %s %s, with the thing named and the cause kept", (errno, code) => {
  const cause = Object.assign(new Error("from the system"), { code: errno });
  const error = sourceError(cause, "a/b.txt");
  expect(error).toMatchObject({ code, cause, details: { path: "a/b.txt", errno } });
  expect(error.message).toContain("a/b.txt");
});

it("returns an error of ours as it is", () => {
  const ours = new ExhibitError("SOURCE_CHANGED", "a.txt has changed.");
  expect(sourceError(ours, "a.txt")).toBe(ours);
});
