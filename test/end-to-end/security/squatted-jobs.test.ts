import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bullBoardOf } from "../../support/bull-board.ts";
import {
  anyEngine,
  importOfSuits,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

/** Twenty-eight years, as a job's delay. */
const YEARS = 900_000_000_000;
/** Ids that the next import's folders, shards and so on will have, and more. */
const NEXT_IDS = Array.from({ length: 12 }, (_, index) => String(index + 1));

describe.each(anyEngine)("Jobs that somebody made under ids of ours (%s)", (kind) => {
  let system: System;
  beforeEach(async () => {
    system = await startSystem(kind, { worker: { quietMs: 500 } });
    await writeTree(join(system.root, "1001"), { "a.pdf": "a", "b.pdf": "b" });
  });
  afterEach(() => system[Symbol.asyncDispose]());

  const request = () => importOfSuits(system.root, "1001");

  test("don't keep an import from being planned and stored, and nothing is done in their name", async () => {
    const first = await system.run(request());
    expect(first.status).toBe("sealed");
    for (const queue of system.queues) {
      if (queue.name !== "plan" && queue.name !== "store") continue;
      for (const id of NEXT_IDS) {
        const squatted = { jobId: `${queue.name}-${id}`, delay: YEARS };
        await queue.add(queue.name, { id: "1" }, squatted);
      }
    }
    const view = await system.run(request());
    expect(view).toMatchObject({ status: "sealed", files: 2, identical: 2 });
  });

  test("can't be made in Bull Board any more", async () => {
    const answer = await system.ask("/queues/api/queues/store/add", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "store", data: { id: "1" }, options: { jobId: "store-1" } }),
    });
    expect(answer.status).toBe(404);
    expect(await system.run(request())).toMatchObject({ status: "sealed", stored: 2 });
  });

  test("a failed job is shown with case, vendor and import first, and its log says where the rest is", async () => {
    const names = Array.from({ length: 60 }, (_, index) => [`${index}.pdf`, "x"]);
    await writeTree(join(system.root, "1001"), Object.fromEntries(names));
    const refusal = { code: "SUIT_CLOSED", message: "closed" };
    system.sandbox.gateway.refuse({ vendor: "kongur", folder: "1001", ...refusal });
    const { import_id } = await system.run(request());
    const board = bullBoardOf(system);
    const [job] = await board.failed(1);
    const label = `E-77, kongur suit_id=1001, import ${import_id}`;
    expect(job?.name).toBe(label);
    const log = await board.logs(job as NonNullable<typeof job>);
    expect(log[0]).toBe(`${label}:`);
    expect(log).toContainEqual(
      `… and 12 more; all that failed in the import: npx exhibit files ${import_id} --state failed`,
    );
  });
});
