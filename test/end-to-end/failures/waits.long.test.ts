import { join } from "node:path";
import type { ImportView, VendorList, Wait } from "@exhibit/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bullBoardOf } from "../../support/bull-board.ts";
import {
  anyEngine,
  importOfSuits,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

describe.each(anyEngine)("Why nothing moves (%s)", (kind) => {
  let system: System;
  beforeEach(async () => {
    system = await startSystem(kind);
    await writeTree(join(system.root, "1001"), { "a.pdf": "a", "b.pdf": "b" });
  });
  afterEach(() => system[Symbol.asyncDispose]());

  const begin = async () => {
    const request = importOfSuits(system.root, "1001");
    return (await system.post<ImportView>("/v1/imports", request)).body.import_id;
  };

  /** Resolves once it is told that the import waits for this; a machine that is busy may be told of as a slow disk before. */
  async function waiting(id: string, what: Wait["for"]): Promise<{ view: ImportView; wait: Wait }> {
    const isFor = (each: Wait) => each.for === what;
    const view = await system.seen(id, ({ waiting }) => waiting.some(isFor));
    return { view, wait: view.waiting.find(isFor) as Wait };
  }

  /** Resolves once the import rests; what was postponed meanwhile goes on at once. */
  const rested = (id: string) => bullBoardOf(system).hurry(system.rest(id));

  test("is told of OSS, with its fault, in the import, the list and the vendor's state; and not any more once it goes on", async () => {
    system.sandbox.oss.fail({ match: { method: "PUT" }, status: 503, times: "always" });
    const id = await begin();
    const { view, wait } = await waiting(id, "store");
    expect(wait).toMatchObject({
      for: "store",
      name: expect.stringContaining("evidence at 127.0.0.1"),
    });
    expect(wait.code).toMatch(/^STORE_/);
    expect(view).toMatchObject({
      moving: false,
      status: expect.stringMatching(/planning|storing/),
    });
    const list = await system.get<{ items: ImportView[] }>("/v1/imports");
    expect(list.items[0]?.waiting).toMatchObject([{ for: "store" }]);
    const { items } = await system.get<VendorList>("/v1/vendors");
    expect(items.find(({ vendor }) => vendor === "kongur")?.waiting).toMatchObject([
      { for: "store", since: wait.since },
    ]);
    system.sandbox.oss.heal();
    expect(await rested(id)).toMatchObject({ status: "sealed", waiting: [] });
  });

  test("is told of a vendor that doesn't answer", async () => {
    const held = system.sandbox.gateway.hold("kongur");
    const id = await begin();
    const { wait } = await waiting(id, "vendor");
    expect(wait).toMatchObject({ name: "kongur" });
    held.release();
    expect(await rested(id)).toMatchObject({ status: "sealed", waiting: [] });
  });

  test("is told when no worker is there", async () => {
    await system.worker.stop();
    const id = await begin();
    const { wait } = await waiting(id, "worker");
    expect(wait).toMatchObject({ name: null });
    expect(wait.message).toContain("No worker is running");
    await system.worker.start();
    expect(await system.rest(id)).toMatchObject({ status: "sealed", waiting: [] });
  });
});
