import { describe, expect, it } from "vitest";
import { z } from "zod";
import { errorCode, fileQuery, importRequest, plainIssue } from "../../src/index.ts";

function faults(schema: z.ZodType, value: unknown): string[] {
  const { error } = schema.safeParse(value, { error: plainIssue });
  return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const folder = {
  vendor: "kongur",
  folder: { suit_id: "1001" },
  source: { type: "directory", path: "/evidence" },
};

describe("A fault of a request", () => {
  it.each<[string, unknown, string[]]>([
    ["nothing", undefined, [": it is missing"]],
    ["a text", "x", [": an object is expected"]],
    ["no folders", {}, ["folders: it is missing"]],
    ["an empty list", { folders: [] }, ["folders: it is empty"]],
    [
      "empty ids",
      { folders: [folder], suit_ids: ["", " "] },
      ["suit_ids.0: it is empty", "suit_ids.1: it is empty"],
    ],
    [
      "a number for an id",
      { folders: [folder], entrust_id: 7 },
      ["entrust_id: a text is expected: put the number in quotes"],
    ],
    [
      "null",
      { folders: [folder], entrust_id: null },
      ["entrust_id: it is null; a text is expected"],
    ],
    [
      "a long id",
      { folders: [folder], entrust_id: "x".repeat(201) },
      ["entrust_id: it must have at most 200 characters"],
    ],
    [
      "a slip in a key",
      { folders: [folder], suit_id: ["1"] },
      [': there is no "suit_id" here; did you mean suit_ids?'],
    ],
    ["a key from elsewhere", { folders: [folder], colour: 1 }, [': there is no "colour" here']],
    [
      "another source",
      { folders: [{ ...folder, source: { type: "ftp" } }] },
      ['folders.0.source.type: it must be "directory"'],
    ],
    [
      "a long key",
      { folders: [{ ...folder, folder: { ["k".repeat(201)]: "v" } }] },
      [`folders.0.folder.${"k".repeat(201)}: its name: it must have at most 64 characters`],
    ],
  ])("is described in plain words: %s", (_, value, expected) => {
    expect(faults(importRequest, value)).toEqual(expected);
  });

  it.each<[object, string[]]>([
    [{ limit: "0" }, ["limit: it must be at least 1"]],
    [{ limit: "1001" }, ["limit: it must be at most 1,000"]],
    [{ limit: "x" }, ["limit: a number is expected"]],
    [{ status: "failed" }, [': there is no "status" here; did you mean state?']],
    [{ folder: "1" }, [': there is no "folder" here; did you mean folder_id?']],
    [
      { state: "lost" },
      [
        'state.0: it must be "planned" or "stored" or "identical" or "failed" or "waived" or "skipped"',
      ],
    ],
  ])("is described in plain words for a query: %j", (query, expected) => {
    expect(faults(fileQuery.strict(), query)).toEqual(expected);
  });

  it("keeps the messages of a schema itself", () => {
    const own = z.object({ at: z.url({ error: "it isn't an address" }) });
    expect(faults(own, { at: "x" })).toEqual(["at: it isn't an address"]);
  });
});

describe("An untrusted text", () => {
  const bad = ["a\u0000b", "a\u001b[31m", "a\nb", "a\u0085", "a\u202eb", "a\ud800", "a\u2028b"];
  const place = (text: string) => ({
    entrust_id: { folders: [folder], entrust_id: text },
    "suit_ids.0": { folders: [folder], suit_ids: [text] },
    why: { folders: [folder], why: text },
    "folders.0.vendor": { folders: [{ ...folder, vendor: text }] },
    "folders.0.folder.suit_id": { folders: [{ ...folder, folder: { suit_id: text } }] },
  });

  it.each(bad)("is refused if it can't be displayed: %j", (text) => {
    const code = `U+${text.codePointAt(1)?.toString(16).toUpperCase().padStart(4, "0")}`;
    for (const [field, request] of Object.entries(place(text))) {
      expect(faults(importRequest, request)).toEqual([
        `${field}: it contains a character that can't be displayed (${code})`,
      ]);
    }
    const named = { folders: [{ ...folder, folder: { [text]: "1" } }] };
    expect(faults(importRequest, named)).toEqual([
      `folders.0.folder.${text}: its name: it contains a character that can't be displayed (${code})`,
    ]);
  });

  it("may be in any language", () => {
    for (const text of ["委托-77", "é", "👩‍👩‍👧", "مرحبا", "a b"]) {
      for (const request of Object.values(place(text))) {
        expect(faults(importRequest, request)).toEqual([]);
      }
    }
  });

  it("may be any path, except for characters that no name has", () => {
    const at = (path: string) => ({ folders: [{ ...folder, source: { ...folder.source, path } }] });
    expect(faults(importRequest, at("/evidence/a\nb\u001b\u202e"))).toEqual([]);
    for (const path of ["/a\u0000b", "/a\ud800"]) {
      expect(faults(importRequest, at(path))).toEqual([
        expect.stringMatching(
          /^folders\.0\.source\.path: it contains a character that can't be displayed/,
        ),
      ]);
    }
  });
});

it("An error code that isn't a text is told of, whatever it is", () => {
  for (const code of [7, null, ["FOO"], { toString: 1 }, { toString: null, valueOf: null }]) {
    expect(faults(errorCode, code)).toEqual([": an error code is expected"]);
  }
  expect(faults(errorCode, "SOURCE_I")).toEqual([
    expect.stringContaining("Did you mean SOURCE_IO"),
  ]);
});
