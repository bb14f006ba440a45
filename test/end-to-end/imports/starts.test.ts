import { join } from "node:path";
import type { ImportView } from "@exhibit/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  bothEngines,
  importOfSuits,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

const IN_AN_HOUR = new Date(Date.now() + 3_600_000).toISOString();

describe.each(bothEngines)("An import that is to start later (%s)", (kind) => {
  let system: System;
  beforeAll(async () => {
    // A quiet time of a second: what is due is looked for each half of it.
    system = await startSystem(kind, { worker: { quietMs: 1_000 } });
    await writeTree(join(system.root, "1001"), { "a.pdf": "a", "b.pdf": "b" });
  });
  afterAll(() => system[Symbol.asyncDispose]());

  async function create(start_at: string): Promise<ImportView> {
    const request = { ...importOfSuits(system.root, "1001"), start_at };
    const { status, body } = await system.post<ImportView>("/v1/imports", request);
    expect(status).toBe(202);
    return body;
  }

  test("starts when it is time, also if no worker ran and its jobs were never made", async () => {
    await system.worker.stop();
    const startAt = Date.now() + 2_500;
    const { import_id } = await create(new Date(startAt).toISOString());
    await system.worker.start();
    const seen = await system.get<ImportView>(`/v1/imports/${import_id}`);
    expect(seen).toMatchObject({ status: "planning", waiting: [{ for: "start" }], files: 0 });
    const view = await system.rest(import_id);
    expect(view).toMatchObject({ status: "sealed", stored: 2, waiting: [] });
    expect(Date.now()).toBeGreaterThan(startAt);
    const [first] = await system.files(import_id);
    // OSS tells whole seconds.
    expect(Date.parse(first?.stored_at ?? "")).toBeGreaterThan(startAt - 1_000);
  });

  test("starts at once when it is told to, and is cancelled before that when it is told to", async () => {
    const patch = async (id: string, body: object) =>
      await system.ask(`/v1/imports/${id}`, {
        method: "PATCH",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const { import_id } = await create(IN_AN_HOUR);
    expect((await patch(import_id, { start_at: null })).status).toBe(202);
    expect(await system.rest(import_id)).toMatchObject({ status: "sealed", identical: 2 });
    expect((await patch(import_id, { start_at: IN_AN_HOUR })).status).toBe(409);

    const other = await create(IN_AN_HOUR);
    await system.post(`/v1/imports/${other.import_id}/cancel`);
    expect(await system.rest(other.import_id)).toMatchObject({ status: "cancelled", files: 0 });
  });
});
