import { join } from "node:path";
import { createApiClient, followAll } from "@exhibit/client";
import { type Change, everything, type FolderView, type ImportView } from "@exhibit/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readServerSentEvents } from "../../../packages/client/src/server-sent-events.ts";
import {
  bothEngines,
  directory,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

interface Told {
  name: string;
  id: string;
  data: Record<string, unknown>;
}

describe.each(bothEngines)("One stream of all that changes (%s)", (kind) => {
  let system: System;
  const keys = { anna: "", bob: "" };
  beforeAll(async () => {
    system = await startSystem(kind);
    const scopeOf = (entrust: string) => ({
      ...everything,
      ...{ entrust_ids: [entrust], vendors: ["kongur"] },
    });
    keys.anna = await system.makeKey("anna", { role: "viewer", scope: scopeOf("E-A") });
    keys.bob = await system.makeKey("bob", { role: "producer", scope: scopeOf("E-B") });
    const names = ["a.pdf", "b.pdf", "c.pdf"];
    await writeTree(
      join(system.root, "1001"),
      Object.fromEntries(names.map((name) => [name, name])),
    );
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const request = (entrust_id: string) => ({
    ...{ entrust_id, suit_ids: ["1001"] },
    folders: [directory("kongur", { suit_id: "1001" }, join(system.root, "1001"))],
  });

  /** Listens until a fitting event has come, then the connection is lost; returns what came. */
  async function until(
    key: string,
    lastId: string | undefined,
    fits: (told: Told) => boolean,
  ): Promise<Told[]> {
    const lost = new AbortController();
    const api = createApiClient({ url: system.apiUrl, keys: [key] });
    const response = await api.allEvents(lost.signal, lastId);
    expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
    const told: Told[] = [];
    for await (const { event = "", id = "", data } of readServerSentEvents(response, () => {})) {
      told.push({ name: event, id, data: JSON.parse(data) });
      if (fits(told.at(-1) as Told)) break;
    }
    lost.abort();
    return told;
  }

  test("tells a whole import over lost connections, and nothing of it to whom it doesn't concern", async () => {
    const stop = new AbortController();
    const { signal } = stop;
    const foreign: Change[] = [];
    const own: Change[] = [];
    const opened = Promise.withResolvers<void>();
    const isOwnSealed = Promise.withResolvers<void>();
    const ofAnna = followAll(createApiClient({ url: system.apiUrl, keys: [keys.anna] }), {
      onReset: opened.resolve,
      onChange(change) {
        foreign.push(change);
      },
      signal,
    });
    await opened.promise;
    const isBobReady = Promise.withResolvers<void>();
    const ofBob = followAll(createApiClient({ url: system.apiUrl, keys: [keys.bob] }), {
      onReset: isBobReady.resolve,
      onChange(change) {
        own.push(change);
        if (change.name === "import" && change.data.status === "sealed") isOwnSealed.resolve();
      },
      signal,
    });
    await isBobReady.promise;

    // Everything is told to whoever has no scope. Each connection is lost in the middle.
    const held = system.sandbox.oss.hold({ operation: "PutObject" });
    const [reset] = await until(system.key, undefined, () => true);
    expect(reset).toMatchObject({ name: "reset", data: {} });
    const made = await fetch(`${system.apiUrl}/v1/imports`, {
      method: "POST",
      headers: { authorization: `Bearer ${keys.bob}`, "content-type": "application/json" },
      body: JSON.stringify(request("E-B")),
    });
    const { import_id } = (await made.json()) as ImportView;
    await held.reached();
    const isOfIt = ({ data }: Told) => data.import_id === import_id;
    const first = await until(
      system.key,
      reset?.id,
      (told) => isOfIt(told) && told.name === "import",
    );
    held.release();
    await system.rest(import_id);
    // It ended while nobody listened.
    const isSealed = (told: Told) => isOfIt(told) && told.data.status === "sealed";
    const second = await until(system.key, first.at(-1)?.id, isSealed);
    // Events are the same for all who follow, so they don't say what each of them may do.
    const { may: _, ...view } = await system.get<ImportView>(`/v1/imports/${import_id}`);
    expect({ ...second.at(-1)?.data, seconds: view.seconds }).toEqual(view);
    const told = [...first, ...second];
    const isDone = (of: Told) => isOfIt(of) && of.name === "folder" && of.data.status === "done";
    for (const fits of [
      isDone,
      ({ name }: Told) => name === "vendor",
      ({ name }: Told) => name === "worker",
    ])
      if (!told.some(fits)) told.push(...(await until(system.key, told.at(-1)?.id, fits)));
    expect(told.map(({ name }) => name)).not.toContain("reset");
    const [folder] = await system.folders(import_id);
    expect(told.findLast(isDone)?.data).toEqual({ ...(folder as FolderView), import_id });
    const ids = told.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);

    await isOwnSealed.promise;
    expect(own.map(({ name }) => name)).not.toContain("worker");
    // By then anna would have been told of it, too.
    const hers = await fetch(`${system.apiUrl}/v1/imports`, {
      method: "POST",
      headers: { authorization: `Bearer ${system.key}`, "content-type": "application/json" },
      body: JSON.stringify(request("E-A")),
    });
    const annas = ((await hers.json()) as ImportView).import_id;
    await expect.poll(() => JSON.stringify(foreign), { timeout: 20_000 }).toContain(annas);
    expect(JSON.stringify(foreign)).not.toContain(import_id);
    expect(new Set(foreign.map(({ name }) => name)).has("worker")).toBe(false);
    expect(JSON.stringify(own)).not.toContain(annas);
    stop.abort(new Error("enough"));
    await expect(ofAnna).rejects.toThrow("enough");
    await expect(ofBob).rejects.toThrow("enough");
  });

  test("tells what people do: a title, and a vendor that is paused", async () => {
    const { import_id } = await system.run(request("E-A"));
    const [reset] = await until(system.key, undefined, () => true);
    await system.ask(`/v1/imports/${import_id}`, {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ title: "March" }),
    });
    await system.post("/v1/vendors/kongur/pause", { why: "Monday" });
    const isTitled = ({ data }: Told) => data.title === "March";
    const isPaused = ({ name, data }: Told) => name === "vendor" && data.paused !== undefined;
    const titled = await until(system.key, reset?.id, isTitled);
    const told = titled.some(isPaused) ? titled : await until(system.key, reset?.id, isPaused);
    expect(told.findLast(isPaused)?.data).toMatchObject({
      vendor: "kongur",
      paused: { who: "key:test", why: "Monday" },
    });
    // Whoever may see the vendor is told, too.
    await until(keys.anna, undefined, ({ name }) => name === "reset");
    await system.post("/v1/vendors/kongur/resume", {});
  });
});
