import { stat, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { createThreadJobs } from "../../src/threads/thread-jobs.ts";
import { makeTree } from "../conformance/tree.ts";

it("measures digests apart, so that a busy processor isn't taken for a slow disk", async () => {
  const tree = await makeTree();
  try {
    const length = 16 * 1024 * 1024;
    await writeFile(tree.at("a.bin"), Buffer.alloc(length, "evidence"));
    const { mtimeMs } = await stat(tree.at("a.bin"));
    const place = await tree.place();
    const files = createThreadJobs({ memory: new SharedArrayBuffer(length), withSm3: false });
    expect(files.digesting).toBe(0);
    const began = performance.now();
    const answer = files.answer({
      ...{ id: 1, do: "open", place, path: "a.bin" },
      expected: { size: length, modifiedAt: Math.floor(mtimeMs) },
      whole: { at: 0, length },
    });
    const took = performance.now() - began;
    expect(answer).toMatchObject({ id: 1, piece: { crc64: expect.any(BigInt) } });
    // No machine takes a SHA-256 of 16 MiB in less than a millisecond.
    expect(files.digesting).toBeGreaterThan(1);
    expect(files.digesting).toBeLessThan(took);
  } finally {
    await tree.remove();
  }
});
