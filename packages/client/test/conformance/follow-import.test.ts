import { createApiClient } from "@exhibit/client";
import type { ImportView } from "@exhibit/contracts";
import { expect, test } from "vitest";
import { followImport } from "../../src/follow-import.ts";
import {
  type Answer,
  deadUrl,
  errorJson,
  eventStream,
  json,
  startFakeApi,
} from "../../src/testing/fake-api.ts";
import { importId, sealed, viewOf } from "../../src/testing/import-views.ts";

const pauses = { poll: 5, giveUp: 30_000, giveUpFirst: 30_000, silence: 200 };

async function follow(answer: Answer) {
  await using api = await startFakeApi(answer);
  const seen: ImportView[] = [];
  const reachable: boolean[] = [];
  const last = await followImport(createApiClient({ url: api.url }), importId, {
    onView: (view) => void seen.push(view),
    onReachable: (fault) => void reachable.push(fault === undefined),
    pauses,
  });
  return { last, stored: seen.map((view) => view.stored), reachable, asked: api.asked };
}

test("events bring the views until the import rests", async () => {
  const { last, stored, asked } = await follow((response, { path }) => {
    if (!path.endsWith("/events")) return json(response, viewOf());
    const send = eventStream(response);
    response.write(": heartbeat\n\n");
    send(viewOf({ stored: 500, planned: 500 }));
    send(sealed);
  });
  expect(last).toEqual(sealed);
  expect(stored).toEqual([250, 500, 1000]);
  expect(asked).toHaveLength(2);
});

test("a dropped stream is opened again", async () => {
  let streams = 0;
  const { last, stored } = await follow((response, { path }) => {
    if (!path.endsWith("/events")) return json(response, viewOf({ stored: 250 + streams }));
    const send = eventStream(response);
    streams += 1;
    if (streams === 1) {
      send(viewOf({ stored: 300 }));
      setImmediate(() => response.destroy());
    } else send(sealed);
  });
  // This API tells no ids.
  expect(last.status).toBe("sealed");
  expect(stored).toEqual([250, 300, 251, 1000]);
});

test("what was read or received is named when listening again, and isn't shown twice", async () => {
  let streams = 0;
  const { last, stored, asked } = await follow((response, { path, ifNoneMatch }) => {
    if (!path.endsWith("/events")) {
      const [tag, view] =
        streams < 2 ? ["a", viewOf()] : ["b", viewOf({ stored: 300, planned: 700 })];
      if (ifNoneMatch === `W/"${tag}"`) return void response.writeHead(304).end();
      response.setHeader("etag", `W/"${tag}"`);
      return json(response, view);
    }
    const send = eventStream(response);
    streams += 1;
    if (streams === 1) response.flushHeaders();
    // Another API process may send what it sees first, whatever it is told.
    if (streams === 2) send(viewOf({ stored: 300, planned: 700 }), "b");
    if (streams === 3) send(sealed, "c");
    setImmediate(() => response.destroy());
  });
  expect(last).toEqual(sealed);
  expect(stored).toEqual([250, 300, 1000]);
  expect(
    asked.map(({ path, ifNoneMatch, lastEventId }) => [path.slice(-7), ifNoneMatch ?? lastEventId]),
  ).toEqual([
    [importId.slice(-7), undefined],
    ["/events", "a"],
    [importId.slice(-7), 'W/"a"'],
    ["/events", "a"],
    [importId.slice(-7), 'W/"a"'],
    ["/events", "b"],
  ]);
});

test("a stream that went silent is given up", async () => {
  let streams = 0;
  const { last } = await follow((response, { path }) => {
    if (!path.endsWith("/events")) return json(response, streams === 0 ? viewOf() : sealed);
    streams += 1;
    eventStream(response);
    response.flushHeaders();
  });
  expect(last.status).toBe("sealed");
});

test("where events don't come, it asks again and again", async () => {
  let asked = 0;
  const { last } = await follow((response, { path }) => {
    if (path.endsWith("/events"))
      return void response.writeHead(200, { "content-type": "text/html" }).end("no");
    asked += 1;
    json(response, asked < 4 ? viewOf() : sealed);
  });
  expect(last.status).toBe("sealed");
  expect(asked).toBe(4);
});

test("an API that fails for a while is waited for, and both changes are told", async () => {
  let asked = 0;
  const { last, reachable } = await follow((response) => {
    asked += 1;
    if (asked <= 3) errorJson(response, 503, "SERVICE_UNREACHABLE", "The ledger doesn't answer.");
    else json(response, sealed);
  });
  expect(last.status).toBe("sealed");
  expect(reachable).toEqual([false, true]);
});

test("an API that never was there is SERVICE_UNREACHABLE, soon", async () => {
  const api = createApiClient({ url: await deadUrl() });
  await expect(
    followImport(api, importId, {
      onView: () => undefined,
      pauses: { ...pauses, giveUpFirst: 20 },
    }),
  ).rejects.toMatchObject({
    code: "SERVICE_UNREACHABLE",
  });
});

test("an API that has answered once is given time to come back, then it is SERVICE_UNREACHABLE", async () => {
  let asked = 0;
  const following = startFakeApi((response, { path }) => {
    asked += 1;
    if (asked === 1) json(response, viewOf());
    else if (asked < 12 || path.endsWith("/events"))
      errorJson(response, 503, "SERVICE_UNREACHABLE", "The ledger doesn't answer.");
    else json(response, sealed);
  });
  await using api = await following;
  const last = await followImport(createApiClient({ url: api.url }), importId, {
    onView: () => undefined,
    pauses: { ...pauses, giveUpFirst: 0 },
  });
  expect(last.status).toBe("sealed");
});

test("an import that isn't there is NOT_FOUND at once", async () => {
  await expect(
    follow((response) => errorJson(response, 404, "NOT_FOUND", "There is no such import.")),
  ).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("it ends when asked to", async () => {
  const stop = new AbortController();
  await using api = await startFakeApi((response, { path }) => {
    if (!path.endsWith("/events")) return json(response, viewOf());
    eventStream(response)(viewOf());
  });
  const following = followImport(createApiClient({ url: api.url }), importId, {
    onView: () => stop.abort(),
    signal: stop.signal,
    pauses,
  });
  await expect(following).rejects.toMatchObject({ name: "AbortError" });
});
