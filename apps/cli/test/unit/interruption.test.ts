import { expect, onTestFinished, test } from "vitest";
import { listenForInterruption } from "../../src/process/interruption.ts";

function listen({ isAttached = true } = {}) {
  const heard = { first: 0, second: 0, now: 0 };
  const interruption = listenForInterruption({
    onFirst: () => void heard.first++,
    onSecond: () => void heard.second++,
    now: () => heard.now,
    isAttached,
  });
  onTestFinished(() => interruption[Symbol.dispose]());
  return { heard, interruption };
}

test("the first signal asks for an end in good order, the second for one at once", async () => {
  const { heard, interruption } = listen();
  process.emit("SIGINT", "SIGINT");
  await interruption.heard;
  expect(interruption.signal.aborted).toBe(true);
  heard.now = 2_000;
  process.emit("SIGINT", "SIGINT");
  expect(heard).toMatchObject({ first: 1, second: 1 });
});

test("one Ctrl-C that arrives from the terminal, npm and its script counts once", () => {
  const { heard } = listen();
  for (heard.now = 0; heard.now < 300; heard.now += 100) process.emit("SIGINT", "SIGINT");
  expect(heard).toMatchObject({ first: 1, second: 0 });
});

test("a terminal that hangs up ends what belongs to it, and nothing else", () => {
  const left = listen({ isAttached: false });
  process.emit("SIGHUP", "SIGHUP");
  expect(left.heard.first).toBe(0);
  const { heard, interruption } = listen();
  process.emit("SIGHUP", "SIGHUP");
  expect(heard.first).toBe(1);
  expect(interruption.exitCode).toBe(129);
  expect(left.heard.first).toBe(0);
});
