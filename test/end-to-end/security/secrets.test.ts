import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { inspect } from "node:util";
import { readEnvironment } from "@exhibit/config";
import type { ImportView } from "@exhibit/contracts";
import { sandboxAccount } from "@exhibit/sandbox";
import { recordSpans } from "@exhibit/telemetry/testing";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { dumpLedger, formsOf } from "../../support/ledger-dump.ts";
import { directory, type System, startSystem, writeTree } from "../../support/system.ts";

const queues = ["plan", "store", "seal", "answer", "reconcile"];
const states = ["latest", "active", "waiting", "completed", "failed", "delayed"];

test("No secret is in a log, a trace, a job, Redis, the ledger, an answer of the API, or Bull Board", async () => {
  const leaseKey = randomBytes(32).toString("base64");
  const lines: string[] = [];
  const recorder = recordSpans();
  await using system = await startSystem("Redis and Postgres", {
    environment: { leaseKeys: leaseKeysOf(leaseKey) },
    log: (line) => lines.push(line),
  });
  const { sandbox, environment } = system;
  const redis = new Redis(environment.redisUrl ?? "");
  const monitor = await startMonitor(environment.redisUrl ?? "");

  const answers = await goThroughTrouble(system);

  const tokens = sandbox.tokens.issued();
  expect(tokens.length).toBeGreaterThan(2);
  const secrets = [
    leaseKey,
    sandboxAccount.appSecret,
    sandboxAccount.rexAccessSecret,
    ...tokens.flatMap(({ accessKeySecret, securityToken }) => [accessKeySecret, securityToken]),
  ];
  const places: Record<string, string> = {
    log: lines.join("\n"),
    traces: inspect(
      recorder.spans().map(({ name, attributes, events, status, links }) => ({
        name,
        attributes,
        events,
        status,
        links,
      })),
      { depth: 10, maxArrayLength: null, maxStringLength: null },
    ),
    "Redis, all that was ever written": monitor.text(),
    "Redis, what is there": await dumpOf(redis),
    ledger: (await dumpLedger(environment.databaseUrl ?? "")).text,
    "answers of the API": answers,
    "Bull Board": await boardOf(system),
  };
  monitor.stop();
  redis.disconnect();
  await recorder.stop();

  for (const [place, text] of Object.entries(places)) {
    // A place that is empty would prove nothing.
    expect(text.length, place).toBeGreaterThan(500);
    const found = secrets.filter((secret) => formsOf(secret).some((form) => text.includes(form)));
    expect(found, place).toEqual([]);
  }
  expect(places.traces).toContain("exhibit.lease");
  expect(monitor.text()).toContain("store-");
});

/** Everything that anybody sends to Redis, as Redis itself tells it. */
async function startMonitor(redisUrl: string) {
  const { hostname, port } = new URL(redisUrl);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.write("MONITOR\r\n");
  await once(socket, "data");
  return {
    text: () => Buffer.concat(chunks).toString("latin1"),
    stop: () => socket.destroy(),
  };
}

function leaseKeysOf(key: string) {
  const { leaseKeys } = readEnvironment({ EXHIBIT_LEASE_KEY: `k1:${key}` });
  if (leaseKeys === undefined) throw new Error("no lease keys");
  return leaseKeys;
}

/** An import that meets everything whose errors could carry a secret; gives all answers of the API. */
async function goThroughTrouble(system: System): Promise<string> {
  const { sandbox, root } = system;
  const trees = {
    "1001": { "a.pdf": "a" },
    "1002": { "b.pdf": "b" },
    store: { "c.jpg": "c" },
    scene: { "d.jpg": "d" },
  };
  for (const [name, tree] of Object.entries(trees)) await writeTree(join(root, name), tree);
  const request = {
    entrust_id: "E-77",
    suit_ids: ["1001", "1002"],
    folders: [
      directory("kongur", { suit_id: "1001" }, join(root, "1001")),
      directory("kongur", { suit_id: "1002" }, join(root, "1002")),
      directory("deepvision", { op_poi_id: "p1", op_tenant_code: "t1" }, join(root, "store")),
      directory("rex", { scene: "scene-1" }, join(root, "scene")),
    ],
  };
  const views: ImportView[] = [];
  // Malformed answers and refusals carry what the vendor sent; OSS's refusals quote the request.
  sandbox.gateway.refuse({
    vendor: "kongur",
    folder: "1002",
    code: "SUIT_CLOSED",
    message: "closed",
  });
  sandbox.gateway.fail({ vendor: "deepvision", mood: "malformed", times: 1 });
  sandbox.gateway.fail({ vendor: "rex", mood: "denied", times: 1 });
  views.push(await system.run(request));
  sandbox.gateway.heal();
  sandbox.tokens.expireAll();
  await writeFile(join(root, "1001", "a.pdf"), "other bytes");
  sandbox.oss.fail({
    match: { method: "PUT" },
    status: 403,
    code: "SignatureDoesNotMatch",
    times: 1,
  });
  sandbox.oss.fail({ match: { method: "PUT" }, reset: "mid-body", times: 1, skip: 1 });
  views.push(await system.run(request));
  const again = await system.post(`/v1/imports/${views[1]?.import_id}/retry`);
  if (again.status === 202) views.push(await system.rest(views[1]?.import_id ?? ""));
  const lists = await Promise.all(
    views.flatMap(({ import_id }) => [system.files(import_id), system.folders(import_id)]),
  );
  const rest = [
    await system.get("/readyz"),
    await system.get("/v1/vendors"),
    await system.get("/v1/imports"),
  ];
  return JSON.stringify([views, again, lists, rest]);
}

async function dumpOf(redis: Redis): Promise<string> {
  const keys = await redis.keys("*");
  const values = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
  return keys.map((key, index) => `${key} ${values[index]?.toString("latin1")}`).join("\n");
}

async function boardOf({ ask }: System): Promise<string> {
  const pages = queues.flatMap((queue) =>
    states.map(
      (state) => `/queues/api/queues?activeQueue=${queue}&status=${state}&page=1&jobsPerPage=100`,
    ),
  );
  const texts = await Promise.all(pages.map(async (page) => (await ask(page)).text()));
  const ids = [...texts.join("").matchAll(/"id":"(store-\d+)"/g)].map(([, id]) => id);
  const logs = await Promise.all(
    [...new Set(ids)].map(async (id) => (await ask(`/queues/api/queues/store/${id}/logs`)).text()),
  );
  return [...texts, ...logs].join("\n");
}
