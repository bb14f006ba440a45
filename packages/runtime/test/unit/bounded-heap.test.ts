import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);
const module = JSON.stringify(new URL("../../src/bounded-heap.ts", import.meta.url).href);

/** The most heap in use, in MB, of a process that always holds some 30 MB, each piece of it for long. */
async function mostUsed(prelude: string): Promise<number> {
  const script = `
    ${prelude}
    const held = [];
    let most = 0;
    for (let at = 0; at < 300_000; at++) {
      held[at % 30_000] = { at, numbers: new Array(100).fill(at + 0.5) };
      if (at % 1000 === 0) most = Math.max(most, process.memoryUsage().heapUsed);
    }
    console.log(most / 2 ** 20);`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script]);
  return Number(stdout);
}

it("has garbage collected that V8 would let lie", { timeout: 30_000 }, async () => {
  const bounded = await mostUsed(`const { boundHeap } = await import(${module}); boundHeap();`);
  const unbounded = await mostUsed("");
  expect(bounded).toBeLessThan(0.8 * unbounded);
});
