import { randomBytes } from "node:crypto";
import { readEnvironment } from "@exhibit/config";
import type { ImportView, NewKey, NewWebhook } from "@exhibit/contracts";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dumpLedger, formsOf } from "../../support/ledger-dump.ts";
import { importOfSuits, type System, startSystem } from "../../support/system.ts";

const leaseKey = randomBytes(32).toString("base64");
let system: System;

beforeAll(async () => {
  const { leaseKeys } = readEnvironment({ EXHIBIT_LEASE_KEY: `k1:${leaseKey}` });
  system = await startSystem("Redis and Postgres", leaseKeys && { environment: { leaseKeys } });
});
afterAll(() => system[Symbol.asyncDispose]());

const databaseUrl = () => system.environment.databaseUrl ?? "";

/** Logs in as a browser does, and returns the token of its session. */
async function logIn(proof: { key: string } | { code: string }): Promise<string> {
  const answer = await fetch(`${system.apiUrl}/login`, {
    method: "POST",
    headers: { "content-type": "application/json", "sec-fetch-site": "same-origin" },
    body: JSON.stringify(proof),
  });
  expect(answer.status).toBe(204);
  return answer.headers.getSetCookie()[0]?.split(/[=;]/)[1] ?? "";
}

test("Whoever has all of the ledger, or a backup of it, has no secret by which somebody could act", async () => {
  const made = await system.post<NewKey>("/v1/keys", { name: "dumped", role: "viewer" });
  const rotated = await system.post<NewKey>(`/v1/keys/${made.body.key_id}/rotate`);
  const url = "https://hooks.example/events";
  const webhook = await system.post<NewWebhook>("/v1/webhooks", { url });
  const at = `/v1/webhooks/${webhook.body.webhook_id}/rotate`;
  const again = await system.post<NewWebhook>(at);
  const [used, unused] = [await system.makeLoginCode(), await system.makeLoginCode()];
  const secrets = {
    "the key of the API itself": system.key,
    "a key": made.body.key,
    "the same key, rotated": rotated.body.key,
    "a session by a key": await logIn({ key: rotated.body.key }),
    "a session by a link": await logIn({ code: used }),
    "a login code that was used": used,
    "a login code that wasn't": unused,
    "a webhook's secret": webhook.body.secret,
    "a webhook's secret, rotated": again.body.secret,
    "what encrypts them": leaseKey,
  };
  // An import, so that there is more than what was asked for here.
  await system.run({ ...importOfSuits(system.root, "missing"), callback: { url } });

  const { rows, text } = await dumpLedger(databaseUrl());
  for (const table of ["api_keys", "sessions", "login_codes", "webhooks", "acts", "deliveries"]) {
    expect(rows.get(table), table).toBeGreaterThan(0);
  }
  // Another table may hold one of another kind one day: it is searched as well.
  expect(rows.size).toBeGreaterThan(20);
  for (const [what, secret] of Object.entries(secrets)) {
    expect(secret.length, what).toBeGreaterThan(30);
    const random = [secret, secret.replace(/^(exh_.{8}|whsec_)/, "")];
    const raw = Buffer.from(secret.replace(/^whsec_/, ""), "base64").toString("hex");
    const found = [...random.flatMap(formsOf), raw].filter((form) => text.includes(form));
    expect([what, found]).toEqual([what, []]);
  }
  // What is there instead: the search would have found it.
  expect(text).toContain(made.body.key_id);
});

test("A list of 1,000 imports comes in a piece of bounded size, and others are served meanwhile", async () => {
  const { body } = await system.post<ImportView>("/v1/imports", {
    ...importOfSuits(system.root, "missing"),
    suit_ids: Array.from({ length: 1_000 }, (_, at) => `${at}-`.padEnd(200, "x")),
  });
  const client = new pg.Client(databaseUrl());
  await client.connect();
  const { rows } = await client.query<{ columns: string }>(
    `select string_agg(quote_ident(column_name), ', ') as columns from information_schema.columns
    where table_name = 'imports' and column_name <> 'id' and is_generated = 'NEVER'`,
  );
  const columns = rows[0]?.columns ?? "";
  await client.query(
    `insert into imports (id, ${columns}) select gen_random_uuid(), ${columns}
    from imports cross join generate_series(1, 1000) where id = $1`,
    [body.import_id],
  );
  await client.end();

  const before = process.memoryUsage().rss;
  const lists = Array.from({ length: 5 }, async () => {
    const answer = await system.ask("/v1/imports?limit=1000&totals=true");
    return { status: answer.status, text: await answer.text() };
  });
  let isOver = false;
  const all = Promise.all(lists).finally(() => {
    isOver = true;
  });
  while (!isOver) {
    expect((await system.ask("/healthz")).status).toBe(200);
    await Promise.race([all, new Promise((resolve) => setTimeout(resolve, 50))]);
  }
  for (const { status, text } of await all) {
    expect(status).toBe(200);
    expect(JSON.parse(text).items).toHaveLength(1_000);
    // A hundred suits of each at most, however many it has.
    expect(text.length).toBeLessThan(100 * 200 * 1_000 * 2);
  }
  // They are 20 MB each, which this process both sends and takes.
  expect(process.memoryUsage().rss - before).toBeLessThan(1024 ** 3);
});
