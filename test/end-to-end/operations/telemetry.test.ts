import { join } from "node:path";
import type { ImportView } from "@exhibit/contracts";
import { instrumentTable, spanTable } from "@exhibit/telemetry";
import { recordMetrics, recordSpans } from "@exhibit/telemetry/testing";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { directory, type System, startSystem, writeTree } from "../../support/system.ts";

/** An import that loses its jobs while it is stored, so that they have to be enqueued again. */
async function importWithLostJobs(system: System): Promise<ImportView> {
  const suits = Array.from({ length: 12 }, (_, index) => `${1000 + index}`);
  for (const suit of suits) await writeTree(join(system.root, suit), { "a.pdf": suit });
  const held = system.sandbox.oss.hold({ method: "PUT" });
  const { body } = await system.post<ImportView>("/v1/imports", {
    entrust_id: "E-77",
    suit_ids: suits,
    folders: suits.map((suit_id) => directory("kongur", { suit_id }, join(system.root, suit_id))),
  });
  await held.reached(4);
  const redis = new Redis(system.environment.redisUrl ?? "");
  await redis.flushdb();
  redis.disconnect();
  held.release();
  return await system.rest(body.import_id);
}

test("every span and instrument of the tables is seen in one run, with each of its attributes", async () => {
  const spans = recordSpans();
  const metrics = recordMetrics();
  await using stack = new AsyncDisposableStack();
  stack.defer(() => spans.stop());
  stack.defer(() => metrics.stop());
  const system = await startSystem("Redis and Postgres", { worker: { quietMs: 500 } });
  stack.use(system);
  expect(await importWithLostJobs(system)).toMatchObject({ status: "sealed", stored: 12 });

  const seen = [
    ...spans.spans(),
    ...(await metrics.collect()).flatMap(({ descriptor: { name }, dataPoints }) =>
      dataPoints.map(({ attributes }) => ({ name, attributes })),
    ),
  ];
  for (const [name, { attributes }] of Object.entries({ ...spanTable, ...instrumentTable })) {
    const named = seen.filter((each) => each.name === name);
    const keys = new Set(named.flatMap((each) => Object.keys(each.attributes)));
    const own = [...keys].filter((key) => key.startsWith("exhibit."));
    expect(own.sort(), name).toEqual([...attributes].sort());
  }
});
