import { join } from "node:path";
import { everything, type ImportView, type Problem } from "@exhibit/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  anyEngine,
  importOfSuits,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

describe.each(anyEngine)("Requests that are repeated under an Idempotency-Key (%s)", (kind) => {
  let system: System;
  beforeAll(async () => {
    system = await startSystem(kind);
    await writeTree(join(system.root, "1001"), { "a.pdf": "a" });
  });
  afterAll(() => system[Symbol.asyncDispose]());

  async function post(path: string, key: string, body: object, as = system.key) {
    const answer = await fetch(`${system.apiUrl}${path}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${as}`,
        "content-type": "application/json",
        "idempotency-key": key,
      },
      body: JSON.stringify(body),
    });
    return {
      status: answer.status,
      replayed: answer.headers.get("idempotency-replayed"),
      text: await answer.text(),
    };
  }
  const all = async () => (await system.get<{ items: ImportView[] }>("/v1/imports")).items;

  test("create one import, however many are sent at once, and answer each the same", async () => {
    const request = importOfSuits(system.root, "1001");
    const burst = await Promise.all(
      Array.from({ length: 10 }, () => post("/v1/imports", "burst", request)),
    );
    const [created] = burst.filter(({ status }) => status === 202);
    for (const { status, text } of burst) {
      expect([202, 409]).toContain(status);
      if (status === 202) expect(text).toBe(created?.text);
      else expect((JSON.parse(text) as Problem).code).toBe("IDEMPOTENCY_IN_FLIGHT");
    }
    const again = await post("/v1/imports", "burst", request);
    expect(again).toEqual({ status: 202, replayed: "true", text: created?.text });
    const other = await post("/v1/imports", "burst", importOfSuits(system.root, "1002"));
    expect([other.status, (JSON.parse(other.text) as Problem).code]).toEqual([
      422,
      "IDEMPOTENCY_MISMATCH",
    ]);
    const { import_id } = JSON.parse(again.text) as ImportView;
    expect((await all()).map((view) => view.import_id)).toEqual([import_id]);
    await system.rest(import_id);
  });

  test("do nothing that has been undone meanwhile", async () => {
    const pause = () => post("/v1/vendors/rex/pause", "pause", { why: "maintenance" });
    const first = await pause();
    expect([first.status, first.replayed]).toEqual([202, null]);
    await post("/v1/vendors/rex/resume", "resume", {});
    expect(await pause()).toEqual({ ...first, replayed: "true" });
    const { items } = await system.get<{ items: { vendor: string; paused?: object }[] }>(
      "/v1/vendors",
    );
    expect(items.find(({ vendor }) => vendor === "rex")).not.toHaveProperty("paused");
    const { items: events } = await system.get<{ items: { what: string }[] }>(
      "/v1/vendors/rex/audit",
    );
    expect(events.map(({ what }) => what)).toEqual(["pause", "resume"]);
  });

  test("show no more than their sender may see by now, whatever they were shown before", async () => {
    const { import_id } = await system.run(importOfSuits(system.root, "1001"));
    const requests = [
      ["/v1/imports", importOfSuits(system.root, "1001")],
      [`/v1/imports/${import_id}/pause`, {}],
      ["/v1/vendors/wombat/pause", { why: "maintenance" }],
    ] as const;
    const sendAll = (as: string) =>
      Promise.all(requests.map(([path, body]) => post(path, `clerk:${path}`, body, as)));
    const wide = await system.makeKey("clerk", { role: "ops" });
    const first = await sendAll(wide);
    expect(first.map(({ status }) => status)).toEqual([202, 409, 202]);
    expect(await sendAll(wide)).toEqual(first.map((answer) => ({ ...answer, replayed: "true" })));
    const before = await all();

    // Another key takes over the name, and may see less.
    await system.revokeKey(wide);
    const scope = { ...everything, entrust_ids: ["E-1"], vendors: ["kongur"] };
    const narrow = await system.makeKey("clerk", { role: "ops", scope });
    const again = await sendAll(narrow);
    expect(again.map(({ status }) => status)).toEqual([404, 404, 404]);
    for (const { text } of again) {
      expect(text).not.toContain("E-77");
      expect(text).not.toContain("sealed");
      expect(text).not.toContain("maintenance");
    }
    // Nothing was carried out a second time.
    expect(await all()).toHaveLength(before.length);
    const { items } = await system.get<{ items: object[] }>("/v1/vendors/wombat/audit");
    expect(items).toHaveLength(1);
  });
});
