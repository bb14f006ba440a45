import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  type Answer,
  eventStream,
  folderOf,
  importId,
  json,
  sealed,
  startFakeApi,
  viewOf,
} from "@exhibit/client/testing";
import { expect, test } from "vitest";
import { bareEnvironment, program } from "../support/run.ts";
import { scratchFolder } from "../support/scratch.ts";

/** An import that goes on, and ends as `end` says once it is told to. */
function importUntil(told: Promise<unknown>, end = sealed): Answer {
  return (response, { method, path }) => {
    if (method === "POST") return json(response, viewOf({ status: "planning" }), 202);
    if (path.includes("/folders")) return json(response, { items: [folderOf()], next: null });
    if (!path.endsWith("/events")) return json(response, viewOf());
    const send = eventStream(response);
    send(viewOf());
    void told.then(() => send(end));
  };
}

/** Runs the program with a stream that is closed after its first bytes; gives the exit code. */
async function closing(
  stream: "stdout" | "stderr",
  args: readonly string[],
  end?: typeof sealed,
): Promise<{ code: number | null; other: string }> {
  const closed = Promise.withResolvers<void>();
  await using api = await startFakeApi(importUntil(closed.promise, end));
  const child = spawn(program, args, {
    env: bareEnvironment({ EXHIBIT_API_URL: api.url }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  let other = "";
  child[stream === "stdout" ? "stderr" : "stdout"].on("data", (chunk) => {
    other += chunk;
  });
  const { value } = await child[stream][Symbol.asyncIterator]().next();
  expect(String(value)).not.toBe("");
  child[stream].destroy();
  closed.resolve();
  return { code: (await ended)[0], other };
}

test("an import whose stderr is closed goes on without its progress, to its own exit code", async () => {
  const args = ["import", await scratchFolder(["a"]), "--suit", "1"];
  const done = await closing("stderr", args);
  expect(done.code).toBe(0);
  expect(done.other).toContain(`Import ${importId}: sealed`);
  const failed = await closing("stderr", args, viewOf({ status: "attention" }));
  expect(failed.code).toBe(1);
});

test("both streams in one pipe that is closed early, as by head -1, leave the import's exit code", async () => {
  await using api = await startFakeApi(importUntil(Promise.resolve()));
  const folder = await scratchFolder(["a"]);
  const line = `"${program}" import ${folder} --suit 1 2>&1 | head -1; exit \${PIPESTATUS[0]}`;
  const child = spawn("bash", ["-c", line], {
    env: bareEnvironment({ EXHIBIT_API_URL: api.url }),
    stdio: "ignore",
  });
  expect((await once(child, "exit"))[0]).toBe(0);
});

test.each([
  ["status", "> /dev/full", 1],
  [`watch ${importId}`, "> /dev/full", 1],
  [`watch ${importId}`, "2> /dev/full", 0],
  ["--help", "> /dev/full", 1],
])("%s %s ends with %d and no stack", async (args, redirection, expected) => {
  await using api = await startFakeApi((response, asked) =>
    asked.path.includes("?limit")
      ? json(response, { items: [sealed], next: null })
      : importUntil(Promise.resolve())(response, asked),
  );
  const child = spawn("sh", ["-c", `exec "${program}" ${args} ${redirection}`], {
    env: bareEnvironment({ EXHIBIT_API_URL: api.url }),
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(child, "exit");
  let said = "";
  for await (const chunk of child.stderr) said += chunk;
  expect((await ended)[0]).toBe(expected);
  expect(said).not.toContain("    at ");
  if (expected === 1) expect(said).toContain("The output can't be written (ENOSPC).");
});
