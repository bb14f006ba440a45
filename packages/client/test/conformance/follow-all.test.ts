import type { ServerResponse } from "node:http";
import { type Change, ExhibitError } from "@exhibit/contracts";
import { expect, test } from "vitest";
import { createApiClient, followAll } from "../../src/index.ts";
import { type Answer, errorJson, startFakeApi } from "../../src/testing/fake-api.ts";
import { viewOf } from "../../src/testing/import-views.ts";

const pauses = { again: 5, silence: 500 };

function begin(response: ServerResponse) {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write("retry: 2000\n\n");
  return (event: string, data: unknown, id: string) =>
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\nid: ${id}\n\n`);
}

/** Follows until `isEnough`; returns what was told, in its order. */
async function follow(answer: Answer, isEnough: (told: readonly string[]) => boolean) {
  await using api = await startFakeApi(answer);
  const stop = new AbortController();
  const told: string[] = [];
  const note = (what: string) => {
    told.push(what);
    if (isEnough(told)) stop.abort(new Error("enough"));
  };
  const thrown = await followAll(createApiClient({ url: api.url }), {
    onReset: () => note("reset"),
    onChange: (change: Change) =>
      note(`${change.name} ${change.name === "import" ? change.data.stored : ""}`.trim()),
    onReachable: (fault) => note(fault === undefined ? "back" : fault.code),
    signal: stop.signal,
    pauses,
  }).catch((error: unknown) => error);
  return { told, thrown, ids: api.asked.map(({ lastEventId }) => lastEventId) };
}

test("what changes is told, and a stream that ends or breaks goes on after the last event", async () => {
  let streams = 0;
  const { told, thrown, ids } = await follow(
    (response) => {
      streams += 1;
      const send = begin(response);
      if (streams === 1) {
        send("reset", {}, "a.1");
        send("import", viewOf({ stored: 1 }), "a.2");
        send("of another release", { x: 1 }, "a.3");
        response.end();
      } else if (streams === 2) {
        send("import", viewOf({ stored: 2 }), "a.4");
        setTimeout(() => response.destroy(), 20);
      } else send("worker-gone", { worker_id: "w" }, "a.5");
    },
    (all) => all.includes("worker-gone"),
  );
  const lost = told.filter((what) => /^[A-Z_]+$/.test(what) || what === "back");
  expect(told.filter((what) => !lost.includes(what))).toEqual([
    "reset",
    "import 1",
    "import 2",
    "worker-gone",
  ]);
  expect(ids).toEqual([undefined, "a.3", "a.4"]);
  expect(thrown).toEqual(new Error("enough"));
});

test("lists are read before anything is told that came after a reset", async () => {
  await using api = await startFakeApi((response) => {
    const send = begin(response);
    send("reset", {}, "a.1");
    send("import", viewOf({ stored: 1 }), "a.2");
  });
  const stop = new AbortController();
  const order: string[] = [];
  const following = followAll(createApiClient({ url: api.url }), {
    async onReset() {
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push("read");
    },
    onChange() {
      order.push("told");
      stop.abort(new Error("enough"));
    },
    signal: stop.signal,
    pauses,
  });
  await expect(following).rejects.toThrow("enough");
  expect(order).toEqual(["read", "told"]);
});

test("an API that is away is asked again, also if it falls silent, and who isn't let in is told so", async () => {
  let asked = 0;
  let returns = 0;
  const { told, thrown, ids } = await follow(
    (response, { lastEventId }) => {
      asked += 1;
      returns += lastEventId === "a.1" ? 1 : 0;
      if (asked === 1) return errorJson(response, 503, "SERVICE_UNREACHABLE", "away");
      if (returns === 2) return errorJson(response, 401, "AUTH_REQUIRED", "revoked");
      const send = begin(response);
      if (returns === 0) send("reset", {}, "a.1");
      else response.end();
    },
    () => false,
  );
  expect(told).toEqual(["SERVICE_UNREACHABLE", "back", "reset", "SERVICE_UNREACHABLE", "back"]);
  expect(ids.slice(-2)).toEqual(["a.1", "a.1"]);
  expect(thrown).toBeInstanceOf(ExhibitError);
  expect(thrown).toMatchObject({ code: "AUTH_REQUIRED" });
});
