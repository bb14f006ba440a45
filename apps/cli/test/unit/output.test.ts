import { PassThrough } from "node:stream";
import { afterEach, expect, test, vi } from "vitest";
import { outputTo } from "../../src/output/output-stream.ts";

afterEach(() => void vi.unstubAllEnvs());

test.each([
  ["xterm-256color", true, true],
  ["dumb", true, false],
  ["xterm-256color", false, false],
])("of TERM=%s, with a terminal: %s, control sequences are taken: %s", (term, isTTY, taken) => {
  vi.stubEnv("TERM", term);
  const stream = Object.assign(new PassThrough(), { isTTY }) as unknown as NodeJS.WriteStream;
  expect(outputTo(stream).isTTY).toBe(taken);
});
