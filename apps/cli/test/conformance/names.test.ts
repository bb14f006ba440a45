import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Answer, importId, json, viewOf } from "@exhibit/client/testing";
import { expect, test } from "vitest";
import { against } from "../support/run.ts";

const named = viewOf({
  ...{ title: "March scans", labels: { batch: "march" }, priority: "bulk", set_aside: true },
});
const answer: Answer = (response, { path }) =>
  json(
    response,
    path.includes("/folders") || path.includes("?") ? { items: [], next: null } : named,
    202,
  );

test("import sends title, labels and priority", async () => {
  const folder = await mkdtemp(join(tmpdir(), "exhibit-names-"));
  try {
    const { asked, code } = await against(answer, [
      ...["import", folder, "--suit", "1001", "--detach", "--title", "March scans"],
      ...["--label", "batch:march", "--label", "at:10:30", "--priority", "urgent"],
    ]);
    expect(code).toBe(0);
    expect(asked[0]?.body).toMatchObject({
      ...{ title: "March scans", labels: { batch: "march", at: "10:30" }, priority: "urgent" },
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("import with a start returns at once and says when it begins; change sends another, or none", async () => {
  const start_at = "2026-12-01T12:00:00.000Z";
  const message = `It is to start at ${start_at}.`;
  const waiting = [{ for: "start" as const, name: null, since: start_at, code: null, message }];
  const view = viewOf({ status: "planning", start_at, waiting, moving: false });
  const later: Answer = (response) => json(response, view, 202);
  const folder = await mkdtemp(join(tmpdir(), "exhibit-starts-"));
  try {
    const { asked, code, stdout, stderr } = await against(later, [
      ...["import", folder, "--suit", "1001", "--start-at", "2026-12-01T20:00+08:00"],
    ]);
    expect(code).toBe(0);
    expect(asked.map(({ body }) => body)).toMatchObject([{ start_at: "2026-12-01T20:00+08:00" }]);
    expect([stdout, stderr].join()).toMatch(new RegExp(`${importId} scheduled[^]*${message}`));
  } finally {
    await rm(folder, { recursive: true });
  }
  const change = ["change", importId, "--start-at", "2026-12-02T20:00+08:00"];
  expect((await against(later, change)).asked[0]?.body).toEqual({
    start_at: "2026-12-02T20:00+08:00",
  });
  const now = await against(later, ["change", importId, "--start-now"]);
  expect(now.asked[0]?.body).toEqual({ start_at: null });
});

test("status is narrowed by title, labels and several statuses", async () => {
  const { asked } = await against(answer, [
    ...["status", "--title", "scans", "--label", "a:b", "--label", "c:d"],
    ...["--status", "attention,storing"],
  ]);
  const { searchParams } = new URL(asked[0]?.path ?? "", "http://api");
  expect(searchParams.getAll("label")).toEqual(["a:b", "c:d"]);
  expect(searchParams.get("title")).toBe("scans");
  expect(searchParams.get("status")).toBe("attention,storing");
});

test("status of one shows what it is called", async () => {
  const { stdout } = await against(answer, ["status", importId]);
  expect(stdout).toContain(
    '\n  "March scans"; batch:march; priority bulk; set aside: it doesn\'t count for its case\n',
  );
});

test("change sends what is named, and what is taken away as null", async () => {
  const { asked, code, stdout } = await against(answer, [
    ...["change", importId, "--no-title", "--label", "a:b", "--remove-label", "c"],
    ...["--priority", "bulk", "--set-aside", "--why", "tidy"],
  ]);
  expect(code).toBe(0);
  expect(asked).toMatchObject([
    {
      ...{ method: "PATCH", path: `/v1/imports/${importId}` },
      body: {
        ...{ title: null, labels: { a: "b", c: null }, priority: "bulk" },
        ...{ set_aside: true, why: "tidy" },
      },
    },
  ]);
  expect(stdout).toContain("March scans");
  const again = await against(answer, ["change", importId, "--count-again"]);
  expect(again.asked[0]?.body).toEqual({ set_aside: false });
});

test.each([
  [["change", importId], "Say what to change"],
  [["change", importId, "--set-aside", "--count-again"], "either --set-aside or"],
  [["change", importId, "--start-now", "--start-at", "2026-12-02T20:00Z"], "either --start-at or"],
  [["change", importId, "--label", "march"], "key:value"],
  [["change", importId, "--label", "a:b", "--label", "a:c"], "given twice"],
  [["status", "--label", ":x"], "key:value"],
])("%j is bad use", async (args, sentence) => {
  const { code, stderr, asked } = await against(answer, args);
  expect(code).toBe(2);
  expect(stderr).toContain(sentence);
  expect(asked).toEqual([]);
});
