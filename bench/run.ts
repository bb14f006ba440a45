import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { freePort, startServer, stopProcess } from "../test/servers.ts";
import { type Case, cases, quickCases } from "./cases.ts";
import { aliOss } from "./contenders/ali-oss.ts";
import type { Contender, Running } from "./contenders/contender.ts";
import { curl } from "./contenders/curl.ts";
import { embedded } from "./contenders/embedded.ts";
import { exhibit } from "./contenders/exhibit.ts";
import { rclone } from "./contenders/rclone.ts";
import { type DataSet, makeDataSet } from "./data-set.ts";
import type { Usage } from "./measure.ts";
import { chart, type Figures, medianOf, speedsOf, table } from "./report.ts";

// npm run bench -- [--quick] [--case small,large] [--contender exhibit,rclone] [--rounds 9] [--json] [--write]
// Contenders take turns on the same files and the same sink; what counts is the median, and its ratio to the others'.

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    case: { type: "string" },
    contender: { type: "string" },
    rounds: { type: "string" },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});
const contenders = chosen(
  { exhibit, "exhibit-embedded": embedded, "ali-oss": aliOss, rclone, curl },
  values.contender,
);
const chosenCases = chosen(values.quick ? quickCases : cases, values.case);
const rounds = Number(values.rounds ?? (values.quick ? 3 : 9));

const figures: Figures = {};
for (const [name, each] of Object.entries(chosenCases)) {
  say(`${name}: ${each.description}`);
  figures[name] = await measureCase(each);
  say(table(each, figures[name]));
}
if (values.write) await writeReport();
if (values.json)
  process.stdout.write(`${JSON.stringify({ cases: speedsOf(chosenCases, figures) })}\n`);

async function measureCase(each: Case): Promise<Figures[string]> {
  await using stack = new AsyncDisposableStack();
  const data = stack.adopt(await makeDataSet(each.sizes()), (set) => set.remove());
  const sink = await startSink(stack, data, each.delay ?? 0);
  const running = new Map<Contender, Running>();
  for (const contender of Object.values(contenders)) {
    const reason = each.without?.includes(contender.name) ? "left out here" : contender.missing();
    if (reason !== undefined) say(`  ${contender.name}: ${reason}`);
    else running.set(contender, stack.use(await contender.open({ data, sink })));
  }
  const runs = new Map<string, Usage[]>([...running.keys()].map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [{ name }, { run }] of running) runs.get(name)?.push(await run());
  }
  const { paths, bytes } = data;
  return [...runs].map(([name, usages]) => ({
    name,
    files: paths.length,
    bytes,
    ...medianOf(usages),
  }));
}

async function startSink(
  stack: AsyncDisposableStack,
  { digests }: DataSet,
  delay: number,
): Promise<string> {
  const script = join(import.meta.dirname, "sink.ts");
  const port = String(await freePort());
  const args = [script, "--digests", digests, "--delay", String(delay), "--port", port];
  const sink = await startServer(process.execPath, args, { ready: /The sink listens/ });
  stack.defer(() => stopProcess(sink));
  return `http://127.0.0.1:${port}`;
}

async function writeReport(): Promise<void> {
  const docs = join(import.meta.dirname, "../docs");
  await mkdir(docs, { recursive: true });
  await writeFile(join(docs, "benchmark.json"), `${JSON.stringify(figures, undefined, 2)}\n`);
  await writeFile(join(docs, "benchmark.svg"), chart(chosenCases, figures));
}

function chosen<T>(all: Record<string, T>, names: string | undefined): Record<string, T> {
  if (names === undefined) return all;
  return Object.fromEntries(
    names.split(",").map((name) => {
      const found = all[name];
      if (found === undefined)
        throw new Error(`There is no ${name}; there are ${Object.keys(all).join(", ")}.`);
      return [name, found];
    }),
  );
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
