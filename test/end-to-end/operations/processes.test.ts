import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { ImportView } from "@exhibit/contracts";
import { createDatabase } from "@exhibit/ledger/testing";
import {
  dataFolder,
  freePort,
  startServer,
  stopProcess,
  takeRedisDatabase,
} from "@exhibit/testkit";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { startCollector } from "../../support/collector.ts";
import { cli, exhibit, type Ran } from "../../support/exhibit.ts";
import { ownKeyIn } from "../../support/own-key.ts";
import { prepareProcesses } from "../../support/own-processes.ts";
import { createClient, digestsBelow, writeTree } from "../../support/system.ts";

function lastLine<T>({ stdout }: Ran): T {
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as T;
}

describe("API, workers, sandbox and CLI as processes of their own", () => {
  const stack = new AsyncDisposableStack();
  const processes: Record<string, ChildProcess> = {};
  let folder: string;
  let env: Record<string, string>;
  let collector: Awaited<ReturnType<typeof startCollector>>;

  beforeAll(async () => {
    const data = await dataFolder("processes");
    stack.defer(data.remove);
    folder = data.path;
    await writeTree(join(folder, "case"), {
      "1001/contract.pdf": "contract",
      "1001/照片/现场.jpg": "photo",
      "1002/statement.docx": "statement",
      "entrust/mandate.pdf": "mandate",
    });
    collector = await startCollector();
    stack.defer(() => collector.close());
    const database = await createDatabase();
    stack.defer(database.drop);

    const configPath = join(folder, "exhibit.yaml");
    const [gatewayPort, ossPort, apiPort] = await Promise.all([freePort(), freePort(), freePort()]);
    const sandbox = [
      "sandbox",
      "--root",
      join(folder, "case"),
      "--gateway-port",
      `${gatewayPort}`,
      "--oss-port",
      `${ossPort}`,
      "--write-config",
      configPath,
    ];
    const own = { ...process.env, EXHIBIT_DATA_DIR: join(folder, "data"), NO_COLOR: "1" };
    start(
      "sandbox",
      await startServer(process.execPath, [cli, ...sandbox], {
        ready: /Objects are kept/,
        env: own,
      }),
    );

    env = {
      EXHIBIT_CONFIG: configPath,
      EXHIBIT_REDIS_URL: await takeRedisDatabase(inject("redisUrl")),
      EXHIBIT_DATABASE_URL: database.url,
      EXHIBIT_DATA_DIR: join(folder, "data"),
      EXHIBIT_API_PORT: String(apiPort),
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_BSP_SCHEDULE_DELAY: "100",
      OTEL_METRICS_EXPORTER: "none",
      OTEL_LOGS_EXPORTER: "none",
    };
    const fleet = { ...process.env, ...env };
    start(
      "api",
      await startServer(process.execPath, [cli, "api"], { ready: /API listens/, env: fleet }),
    );
    for (const name of ["worker 1", "worker 2"]) {
      start(
        name,
        await startServer(process.execPath, [cli, "worker"], {
          ready: /worker takes jobs/,
          env: fleet,
        }),
      );
    }
  });

  afterAll(() => stack.disposeAsync());

  function start(name: string, child: ChildProcess): void {
    processes[name] = child;
    stack.defer(() => stopProcess(child));
  }

  const importCase = [
    "import",
    "case",
    "--vendor",
    "kongur",
    "--entrust",
    "E-9",
    "--suit",
    "1001",
    "--suit",
    "1002",
  ];

  test("the CLI imports a case that maps itself, and every file arrives", async () => {
    const [command = "", , ...flags] = importCase;
    const ran = await exhibit([command, join(folder, "case"), ...flags, "--json"], env);
    expect(ran.stderr).not.toMatch(/\bat .*\.ts:\d+/);
    expect({ code: ran.code, summary: lastLine<ImportView>(ran) }).toMatchObject({
      code: 0,
      summary: { status: "sealed", files: 4, stored: 4, failed: 0, waived: 0 },
    });
    const stored = await digestsBelow(join(folder, "data/sandbox/objects/evidence/kongur/E-9"));
    expect([...stored.keys()].sort()).toEqual([
      "entrust/mandate.pdf",
      "suits/1001/contract.pdf",
      "suits/1001/照片/现场.jpg",
      "suits/1002/statement.docx",
    ]);
    const sent = await digestsBelow(join(folder, "case"));
    expect([...stored.values()].sort()).toEqual([...sent.values()].sort());
  });

  test("one trace goes from the CLI's request through the jobs to the leases and the files", async () => {
    const isWhole = (names: ReadonlySet<string>) =>
      ["exhibit.plan", "exhibit.store", "exhibit.lease", "exhibit.file", "exhibit.seal"].every(
        (name) => names.has(name),
      );
    const spans = await collector.until((all) =>
      all.some(
        ({ traceId, name }) => name === "POST /v1/imports" && isWhole(namesOf(all, traceId)),
      ),
    );
    const request = spans.find(({ name }) => name === "POST /v1/imports");
    const trace = spans.filter(({ traceId }) => traceId === request?.traceId);
    expect(trace.filter(({ name }) => name === "exhibit.file")).toHaveLength(4);
    expect(new Set(trace.map(({ service }) => service)).size).toBeGreaterThan(1);
    const known = new Set(trace.map(({ spanId }) => spanId));
    const orphans = trace.filter(({ parentSpanId }) => parentSpanId && !known.has(parentSpanId));
    expect(orphans.map(({ name }) => name)).toEqual([]);
  });

  test("--detach gives the id at once; status, watch and retry take it", async () => {
    const [command = "", , ...flags] = importCase;
    const detached = lastLine<ImportView>(
      await exhibit([command, join(folder, "case"), ...flags, "--detach", "--json"], env),
    );
    expect(detached.import_id).toMatch(/^[0-9a-f-]{36}$/);
    const watched = await exhibit(["watch", detached.import_id, "--json"], env);
    expect(lastLine<ImportView>(watched)).toMatchObject({ status: "sealed", identical: 4 });
    expect(watched.code).toBe(0);
    expect(
      lastLine<ImportView>(await exhibit(["status", detached.import_id, "--json"], env)),
    ).toMatchObject({ status: "sealed" });
    const retried = await exhibit(["retry", detached.import_id, "--json"], env);
    expect(retried.code).not.toBe(0);
    expect(retried.stderr + retried.stdout).toContain("nothing to retry");
  });

  test("exit codes tell failed files, bad use and an API that isn't there apart", async () => {
    const [command = "", , ...flags] = importCase;
    await writeTree(join(folder, "case"), { "1002/statement.docx": "another statement" });
    const failed = await exhibit([command, join(folder, "case"), ...flags, "--json"], env);
    expect({ code: failed.code, summary: lastLine<ImportView>(failed) }).toMatchObject({
      code: 1,
      summary: { status: "attention", failed: 1, identical: 3 },
    });
    expect((await exhibit(["import", join(folder, "case"), "--no-such-flag"], env)).code).toBe(2);
    expect((await exhibit(["import", join(folder, "nowhere"), ...flags], env)).code).toBe(2);
    expect(
      (await exhibit(["status", "--json"], { ...env, EXHIBIT_API_URL: "http://127.0.0.1:1" })).code,
    ).toBe(3);
  });

  test("readiness and docs answer", async () => {
    const url = `http://127.0.0.1:${env.EXHIBIT_API_PORT}`;
    const client = createClient(url, () => ownKeyIn(join(folder, "data")));
    expect(await client.get("/healthz")).toBeTruthy();
    expect(await client.get("/readyz")).toMatchObject({ ledger: "up", queue: "up" });
  });

  test("a worker that is asked to stop ends by itself, in good order", async () => {
    const worker = processes["worker 2"] as ChildProcess;
    await stopProcess(worker);
    expect(worker.exitCode).toBe(0);
  });

  function namesOf(
    spans: readonly { traceId: string; name: string }[],
    traceId: string,
  ): ReadonlySet<string> {
    return new Set(spans.filter((span) => span.traceId === traceId).map(({ name }) => name));
  }
});

test("An API that others can reach starts when somebody has a key, and says how that is made", async () => {
  await using own = await prepareProcesses("first-key");
  await own.useServers();
  const open = { EXHIBIT_API_HOST: "0.0.0.0" };
  const env = own.env as Record<string, string>;
  const refused = await exhibit(["api"], { ...env, ...open });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("nobody has a key yet");
  expect(refused.stderr).toContain("exhibit keys create NAME --role admin");

  const made = await exhibit(["keys", "create", "root", "--role", "admin", "--json"], env);
  expect(made.code).toBe(0);
  const key = /exh_[0-9A-Za-z]{57}/.exec(made.stdout)?.[0] ?? "";
  const api = await own.start("api", /API listens/, open);
  const client = createClient(own.apiUrl, () => key);
  expect((await client.ask("/v1/imports")).status).toBe(200);
  expect((await fetch(`${own.apiUrl}/v1/imports`)).status).toBe(401);
  const listed = await exhibit(["status"], { ...env, EXHIBIT_API_KEY: key });
  expect(listed.code).toBe(0);
  expect((await exhibit(["status"], env)).code).toBe(2);
  await stopProcess(api);
});
