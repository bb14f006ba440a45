import { join } from "node:path";
import { createApiClient, toArray } from "@exhibit/client";
import type { ImportRequest, ImportView } from "@exhibit/contracts";
import { describe, expect, test } from "vitest";
import { anyEngine, directory, importOfSuits, startSystem } from "../../../support/system.ts";

const KiB = 1024;

describe.each(anyEngine)("On %s", (engine) => {
  test("an import with ten thousand long suit ids is shown in few words, wherever it is shown", async () => {
    await using system = await startSystem(engine);
    const suit_ids = Array.from({ length: 10_000 }, (_, at) => `${at}-`.padEnd(200, "案"));
    const folders = [directory("kongur", { suit_id: "1001" }, join(system.root, "missing"))];
    const request: ImportRequest = { entrust_id: "E-77", suit_ids, folders };
    const { status, body } = await system.post<ImportView>("/v1/imports", request);
    expect(status).toBe(202);
    const path = `/v1/imports/${body.import_id}`;
    const answers = await Promise.all(
      [path, `${path}/events`, "/v1/imports"].map(async (of) => {
        const answer = await system.ask(of);
        return await answer.text();
      }),
    );
    // The stream has the import as it was, each change, and its end.
    const [view = "", events = "", list = ""] = answers;
    expect(view.length).toBeLessThan(40 * KiB);
    expect(list.length).toBeLessThan(40 * KiB);
    const each = events.split("\n\n").map(({ length }) => length);
    expect(Math.max(...each)).toBeLessThan(40 * KiB);
    expect(JSON.parse(view)).toMatchObject({ suit_ids_total: 10_001 });

    const api = createApiClient({ url: system.apiUrl, keys: [system.key] });
    expect(await toArray(api.suits(body.import_id))).toEqual([...suit_ids, "1001"]);
    const found = await system.get<{ items: ImportView[] }>(
      `/v1/imports?suit_id=${encodeURIComponent(suit_ids.at(-1) ?? "")}`,
    );
    expect(found.items.map(({ import_id }) => import_id)).toEqual([body.import_id]);
  });

  test("twenty event streams are served, one more is refused, and whoever is refused still sees the end", async () => {
    await using system = await startSystem(engine);
    await system.worker.stop();
    const { body } = await system.post<ImportView>(
      "/v1/imports",
      importOfSuits(system.root, "missing"),
    );
    const path = `/v1/imports/${body.import_id}/events`;
    const streams = await Promise.all(Array.from({ length: 21 }, () => system.ask(path)));
    expect(streams.map(({ status }) => status).sort()).toEqual([...Array(20).fill(200), 429]);
    // The client reads the import from time to time instead.
    const followed = system.seen(body.import_id, ({ status }) => status === "attention");
    await system.worker.start();
    expect((await followed).status).toBe("attention");
    for (const stream of streams) expect(await stream.text()).toMatch(/event: end|RATE_LIMITED/);
  });
});
