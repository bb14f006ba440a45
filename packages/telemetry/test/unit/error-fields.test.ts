import { ExhibitError } from "@exhibit/contracts";
import { expect, test } from "vitest";
import { errorFields } from "../../src/error-fields.ts";

test("an error that the queue has wrapped is logged once, with its details", () => {
  const own = new ExhibitError("FILES_FAILED", "2 of 256 files failed: 2 STORE_DENIED", {
    details: { import_id: "i1", vendor: "kongur" },
  });
  expect(errorFields(new Error(own.message, { cause: own }))).toEqual({
    type: "ExhibitError",
    code: "FILES_FAILED",
    message: "2 of 256 files failed: 2 STORE_DENIED",
    details: { import_id: "i1", vendor: "kongur" },
    cause: [],
  });
});

test("causes are logged if they say something new, and a stack only if the code says nothing", () => {
  const refused = new Error("connect ECONNREFUSED 127.0.0.1:1");
  const away = new ExhibitError("STORE_UNAVAILABLE", `OSS: ${refused.message}`, { cause: refused });
  expect(errorFields(away)).toMatchObject({ cause: [] });
  expect(errorFields(away)).not.toHaveProperty("stack");
  const unknown = new Error("no idea", { cause: refused });
  expect(errorFields(unknown)).toMatchObject({
    message: "no idea",
    cause: [refused.message],
    stack: expect.stringContaining("no idea"),
  });
});

test("a circular chain of causes ends", () => {
  const error = new Error("a");
  error.cause = new Error("b", { cause: error });
  expect(errorFields(error)).toMatchObject({ message: "a", cause: ["b"] });
});
