import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { startApi } from "../fake-imports.ts";

let api: Awaited<ReturnType<typeof startApi>>;
afterEach(() => api.app.close());

/** Keeps the event loop from anything else. */
function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

it("An event loop that stays late sheds load, but answers whether it lives; when it keeps up, all is served again", async () => {
  // Much more than a busy machine makes it late by itself.
  api = await startApi({ overload: { delay: 300, interval: 50 } });
  const status = async (url: string) => (await api.app.inject(url)).statusCode;
  expect(await status("/v1/imports")).toBe(200);
  let answer = await api.app.inject("/v1/imports");
  while (answer.statusCode === 200) {
    block(400);
    await pause(1);
    answer = await api.app.inject("/v1/imports");
  }
  expect(answer.statusCode).toBe(503);
  expect(answer.json().code).toBe("OVERLOADED");
  expect(answer.headers["retry-after"]).toBe("2");
  expect(await status("/queues")).toBe(503);
  expect(await status("/healthz")).toBe(200);
  expect(await status("/readyz")).toBe(200);
  await expect.poll(() => status("/v1/imports"), { timeout: 10_000 }).toBe(200);
  expect(api.log.join("")).not.toContain('"level":"error"');
});

it("A stall is no overload", async () => {
  api = await startApi({ overload: { delay: 300, interval: 50 } });
  for (let stalls = 0; stalls < 2; stalls += 1) {
    block(400);
    await pause(1);
  }
  expect((await api.app.inject("/v1/imports")).statusCode).toBe(200);
});

it("A process without memory sheds load", async () => {
  api = await startApi({ overload: { memory: 1024 } });
  const answer = await api.app.inject("/v1/imports");
  expect(answer.json()).toMatchObject({ code: "OVERLOADED", status: 503 });
  expect((await api.app.inject("/healthz")).statusCode).toBe(200);
});
