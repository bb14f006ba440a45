import type { SealView } from "@exhibit/contracts";
import { instrumentTable, spanTable } from "@exhibit/telemetry";
import { recordMetrics, recordSpans } from "@exhibit/telemetry/testing";
import { expect, test, vi } from "vitest";
import { FILES_WITH_LOST_JOBS, importWithLostJobs } from "../../support/lost-jobs.ts";
import { startSystem } from "../../support/system.ts";

test("every span and instrument of the tables is seen in one run, with each of its attributes", async () => {
  const spans = recordSpans();
  const metrics = recordMetrics();
  await using stack = new AsyncDisposableStack();
  stack.defer(() => spans.stop());
  stack.defer(() => metrics.stop());
  // Nobody listens there: only what isn't kept yet is measured.
  const deposit = { key: ".exhibit/{import_id}/", url: "http://127.0.0.1:1/" };
  const custody = { deposit };
  const options = { worker: { quietMs: 500 }, stamps: true, custody };
  const system = await startSystem("Redis and Postgres", options);
  stack.use(system);
  const { stamps } = system.sandbox;
  // Only a stamp that is pending is measured.
  stamps.fail({ mood: "down" });
  const view = await importWithLostJobs(system);
  expect(view).toMatchObject({ status: "sealed", stored: FILES_WITH_LOST_JOBS });
  await system.post(`/v1/imports/${view.import_id}/verifications`, { against: "receipts" });
  await vi.waitFor(() => expect(stamps.asked).toBeGreaterThan(0));
  const seal = () => system.get<SealView>(`/v1/imports/${view.import_id}/seal`);
  await vi.waitFor(async () =>
    expect((await seal()).deposits).toMatchObject([
      { to: "url", state: "pending" },
      { to: "folder 1", state: "deposited" },
    ]),
  );

  const measured = await vi.waitFor(async () => {
    const all = (await metrics.collect()).flatMap(({ descriptor: { name }, dataPoints }) =>
      dataPoints.map(({ attributes }) => ({ name, attributes })),
    );
    expect(all.map(({ name }) => name)).toContain("exhibit.verifications");
    return all;
  });
  // The import is sealed before the span of its sealing ends; a worker that has stopped has ended all.
  await system.worker.stop();
  const seen = [...spans.spans(), ...measured];
  for (const [name, { attributes }] of Object.entries({ ...spanTable, ...instrumentTable })) {
    const named = seen.filter((each) => each.name === name);
    const keys = new Set(named.flatMap((each) => Object.keys(each.attributes)));
    const own = [...keys].filter((key) => key.startsWith("exhibit."));
    expect(own.sort(), name).toEqual([...attributes].sort());
  }
});
