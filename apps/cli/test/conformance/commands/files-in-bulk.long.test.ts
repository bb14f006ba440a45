import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import {
  type Answer,
  fileOf,
  folderOf,
  importId,
  json,
  sealed,
  startFakeApi,
} from "@exhibit/client/testing";
import { expect, test } from "vitest";
import { bareEnvironment, program } from "../../support/run.ts";
import { readCsv } from "../../support/strict-csv.ts";

const many = 15_000;

/** An import of fifteen thousand files, 500 a page: 90 MB in all, 3 MB a page. */
const largeImport: Answer = (response, { path }) => {
  const url = new URL(path, "http://api");
  if (url.pathname.endsWith("/folders")) {
    return json(response, { items: [folderOf({ folder_id: "1" })], next: null });
  }
  if (!url.pathname.endsWith("/files")) return json(response, sealed);
  const from = Number(url.searchParams.get("after") ?? 0);
  const items = Array.from({ length: 500 }, (_, index) =>
    fileOf({
      file_id: String(from + index),
      path: `scans/${from + index}-${"x".repeat(6000)}.pdf`,
    }),
  );
  return json(response, { items, next: from + 500 < many ? String(from + 500) : null });
};

test("fifteen thousand files pass through a heap that couldn't hold them", async () => {
  await using api = await startFakeApi(largeImport);
  const env = bareEnvironment({ EXHIBIT_API_URL: api.url });
  // Room enough for V8 to be behind with its collecting on a busy machine, and too little for all.
  const args = ["--max-old-space-size=64", program, "files", importId, "--csv"];
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "ignore"] });
  const ended = once(child, "exit");
  let text = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) text += chunk;
  expect((await ended)[0]).toBe(0);
  const rows = readCsv(text.slice(1));
  expect(rows).toHaveLength(many);
  expect(rows.every(({ file_id }, index) => file_id === String(index))).toBe(true);
}, 120_000);

test("nothing is asked for that nobody reads: a reader that stops is waited for, and one that leaves ends the list", async () => {
  await using api = await startFakeApi(largeImport);
  const env = bareEnvironment({ EXHIBIT_API_URL: api.url });
  const child = spawn(program, ["files", importId], { env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "exit");
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  await once(child.stdout, "readable");
  let asked = 0;
  while (asked !== api.asked.length) {
    asked = api.asked.length;
    await pause(1000);
  }
  expect(asked).toBeLessThan(20);
  child.stdout.destroy();
  expect((await ended)[0]).toBe(0);
  expect(said).toBe("");
  expect(api.asked.length).toBeLessThan(asked + 5);
});
