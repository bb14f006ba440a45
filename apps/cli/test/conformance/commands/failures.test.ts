import { type Answer, errorJson, importId, json } from "@exhibit/client/testing";
import type { ActedFailures, FailureGroup, FailureGroups } from "@exhibit/contracts";
import { describe, expect, test } from "vitest";
import { against } from "../../support/run.ts";

const otherId = "01a22c49-badb-7623-9423-000000000002";

function group(changes: Partial<FailureGroup> = {}): FailureGroup {
  return {
    ...{ code: "SOURCE_NOT_FOUND", message: "scan-1.pdf isn't there.", remedy: "Look for it." },
    ...{ pattern: null, vendor: "kongur", folder_id: null },
    import: {
      ...{ import_id: importId, entrust_id: "E-77", title: null },
      ...{ status: "attention", paused: false },
    },
    ...{ failed: 12, waiting: 0, sources: 0, imports: 1, action: "change_file" },
    ...{ retry_helps: true, first_at: null, last_at: "2026-03-01T10:00:00.000Z", samples: [] },
    ...changes,
  };
}

function groupsOf(...items: FailureGroup[]): FailureGroups {
  const sum = (of: (group: FailureGroup) => number) =>
    items.reduce((all, each) => all + of(each), 0);
  return {
    ...{ items, groups: items.length },
    ...{ failed: sum(({ failed }) => failed), waiting: sum(({ waiting }) => waiting) },
  };
}

const inOther = (changes: Partial<FailureGroup> = {}) => {
  const { import: of } = group();
  return group({ import: of && { ...of, import_id: otherId, entrust_id: null }, ...changes });
};

describe("exhibit failures", () => {
  test("lists the groups, and says of each code what it means and what to do", async () => {
    const found = {
      ...groupsOf(
        group(),
        inOther({ failed: 3, waiting: 4 }),
        group({
          code: "SOURCE_ABSENT",
          message: "No folder.",
          failed: 0,
          sources: 1,
          last_at: null,
        }),
      ),
      groups: 5,
    };
    const { asked, code, stdout } = await against(
      (response) => json(response, found),
      ["failures"],
    );
    expect(code).toBe(0);
    expect(asked.map(({ path }) => path)).toEqual(["/v1/failures?"]);
    const [table, ...meanings] = stdout.split("\n\n");
    expect(table?.split("\n").map((line) => line.trim().split(/ {2,}/))).toEqual([
      ["CODE", "FAILED", "WAITING", "SOURCES", "VENDOR", "IMPORT", "CASE", "LAST"],
      ["SOURCE_NOT_FOUND", "12", "kongur", importId.slice(-8), "E-77", "2026-03-01 10:00 UTC"],
      ["SOURCE_NOT_FOUND", "3", "4", "kongur", "00000002", "2026-03-01 10:00 UTC"],
      ["SOURCE_ABSENT", "1", "kongur", importId.slice(-8), "E-77"],
      ["and 2 more groups: --limit N shows them"],
      ["15 files failed, and 4 to be tried again by themselves."],
    ]);
    expect(meanings.map((text) => text.trimEnd())).toEqual([
      "SOURCE_NOT_FOUND: scan-1.pdf isn't there.\n  Look for it.",
      "SOURCE_ABSENT: No folder.\n  Look for it.",
    ]);
  });

  test("asks for what is named, and prints the API's groups by --json", async () => {
    const found = groupsOf(
      group({ import: null, vendor: null, imports: 7, pattern: "… isn't there" }),
    );
    const { asked, last, stderr } = await against(
      (response) => json(response, found),
      [
        ...["failures", "--by", "code,message", "--code", "SOURCE_NOT_FOUND", "--vendor", "kongur"],
        ...["--entrust", "E-77", "--since", "2026-03-01T00:00Z", "--limit", "5", "--json"],
      ],
    );
    expect(last()).toEqual(found);
    expect(stderr).toMatch(/IMPORTS.*MESSAGE\n.* 7 .*… isn't there/);
    const query = new URLSearchParams(asked[0]?.path.split("?")[1]);
    expect(Object.fromEntries(query)).toEqual({
      ...{ by: "code,message", code: "SOURCE_NOT_FOUND", vendor: "kongur", entrust_id: "E-77" },
      ...{ since: "2026-03-01T00:00:00.000Z", limit: "5" },
    });
  });

  test("says when nothing fails", async () => {
    const { stdout } = await against((response) => json(response, groupsOf()), ["failures"]);
    expect(stdout).toBe("Nothing fails in an import that can still be acted on.\n");
  });
});

describe.each(["retry", "waive"] as const)("exhibit failures %s", (what) => {
  const args = (...more: string[]) => ["failures", what, ...more, "--why", "they were deleted"];

  /** Answers with the groups, and that all was done but what is about the other import. */
  function api(found: FailureGroups): Answer {
    return (response, { method, body }) => {
      if (method === "GET") return json(response, found);
      const { imports } = body as {
        imports: { import_id: string; expect_files: number }[];
      };
      const items = imports.map(({ import_id, expect_files }): ActedFailures["items"][number] => {
        if (import_id !== otherId) {
          const act = { event_id: "1", files: expect_files, folders: 0 };
          return { import_id, status: "storing", act, error: null };
        }
        const error = { code: "STATE_CONFLICT", detail: "It is about 4 files." };
        return {
          import_id,
          status: null,
          act: null,
          error: { ...error, remedy: "Look.", details: {} } as never,
        };
      });
      const done = items.flatMap(({ act }) => act ?? []);
      const files = done.reduce((all, act) => all + act.files, 0);
      json(response, { items, files, done: done.length, refused: items.length - done.length }, 202);
    };
  }

  test("acts on each import for as many files as were counted, and names those that it left", async () => {
    const found = groupsOf(
      group(),
      group({ code: "SOURCE_IO", failed: 2 }),
      inOther({ failed: 3 }),
      inOther({ code: "VENDOR_UNAVAILABLE", failed: 0, waiting: 9 }),
    );
    const { asked, code, stdout } = await against(api(found), args("--entrust", "E-77"));
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /v1/failures?limit=1000&entrust_id=E-77&by=import",
      `POST /v1/failures/${what}`,
    ]);
    expect(asked[1]?.body).toEqual({
      imports: [
        { import_id: importId, expect_files: 14 },
        { import_id: otherId, expect_files: 3 },
      ],
      why: "they were deleted",
    });
    expect(code).toBe(1);
    expect(stdout.split("\n")).toEqual([
      `Import ${importId.slice(-8)}: 14 files; storing`,
      "Import 00000002: It is about 4 files. [STATE_CONFLICT]",
      `14 files ${what === "retry" ? "taken up again" : "given up"}; 1 item refused.`,
      "",
    ]);
  });

  test("of a vendor acts on its folders alone, a hundred in a request", async () => {
    const items = Array.from({ length: 101 }, (_, index) => group({ folder_id: String(index) }));
    const { asked, code, last } = await against(
      api({ ...groupsOf(...items), groups: 102 }),
      args("--vendor", "kongur", "--code", "SOURCE_NOT_FOUND", "--json"),
    );
    expect(code).toBe(0);
    expect(asked[0]?.path).toContain("by=import%2Cfolder");
    const sent = asked.slice(1).map(({ body }) => (body as { imports: object[] }).imports);
    expect(sent.map(({ length }) => length)).toEqual([100, 1]);
    expect(sent[1]).toEqual([
      { import_id: importId, folder_id: "100", code: "SOURCE_NOT_FOUND", expect_files: 12 },
    ]);
    expect(last()).toMatchObject({ files: 1212, done: 101, refused: 0 });
  });

  test("does nothing when it is about another number than said", async () => {
    const { asked, code, stderr } = await against(
      api(groupsOf(group())),
      args("--all", "--expect", "11"),
    );
    expect(code).toBe(2);
    expect(stderr).toContain("It is about 12 files now, so nothing was done.");
    expect(asked).toHaveLength(1);
  });

  test("walks sources again by a retry, and doesn't give them up", async () => {
    const found = groupsOf(group({ code: "SOURCE_ABSENT", failed: 0, sources: 1 }));
    const { asked, code, stdout } = await against(api(found), args("--all"));
    expect(code).toBe(0);
    expect(asked).toHaveLength(what === "retry" ? 2 : 1);
    if (what === "waive") expect(stdout).toContain("Nothing has failed so");
  });

  test.each([[[]], [["--all", "--code", "SOURCE_IO"]], [["--all", "--by", "code"]]])(
    "is bad use with %j",
    async (more) => {
      const { code, asked } = await against(api(groupsOf()), args(...more));
      expect(code).toBe(2);
      expect(asked).toEqual([]);
    },
  );

  test("says what the API refuses", async () => {
    const { code, stderr } = await against(
      (response) => errorJson(response, 403, "AUTH_FORBIDDEN", "It needs the role producer."),
      args("--all"),
    );
    expect(code).toBe(2);
    expect(stderr).toContain("It needs the role producer.");
  });
});
