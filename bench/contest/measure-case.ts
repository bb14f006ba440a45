import { join } from "node:path";
import { freePort, startServer, stopProcess } from "@exhibit/testkit";
import { cpuOf } from "../measure.ts";
import type { Case } from "./cases.ts";
import type { Contender, Running, Task } from "./contenders/contender.ts";
import { type DataSet, makeDataSet } from "./data-set.ts";
import type { CaseRuns, Run } from "./report.ts";

export interface Turns {
  /** The contenders that can run here. */
  contenders: readonly Contender[];
  rounds: number;
  /** Slow contenders take part in the first round only. */
  isQuick: boolean;
}

/** Measures a case: the contenders take turns on the same files and the same sink. */
export async function measureCase(
  each: Case,
  { contenders, rounds, isQuick }: Turns,
): Promise<CaseRuns> {
  await using stack = new AsyncDisposableStack();
  const data = stack.adopt(await makeDataSet(each.sizes()), (set) => set.remove());
  const sink = await startSink(stack, data, each.delay ?? 0);
  const allowed = contenders.filter(({ name }) => !each.without?.includes(name));
  const running = await openAll(stack, allowed, { data, sink: sink.url });
  const runs: Record<string, Run[]> = Object.fromEntries(allowed.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [{ name, isSlow }, { run }] of running) {
      if (round > 0 && isQuick && isSlow) continue;
      runs[name]?.push(await Promise.race([besideSink(sink.pid, run), sink.ended]));
    }
  }
  return { files: data.paths.length, bytes: data.bytes, runs };
}

async function startSink(
  stack: AsyncDisposableStack,
  { digests }: DataSet,
  delay: number,
): Promise<{ url: string; pid: number; ended: Promise<never> }> {
  const script = join(import.meta.dirname, "sink.ts");
  const port = String(await freePort());
  const args = [script, "--digests", digests, "--delay", String(delay), "--port", port];
  const sink = await startServer(process.execPath, args, { ready: /The sink listens/ });
  // If the sink ended, a contender would wait for its bucket forever.
  const { promise: ended, reject } = Promise.withResolvers<never>();
  ended.catch(() => {});
  sink.once("exit", (code) => reject(new Error(`The sink ended with ${code}.`)));
  stack.defer(() => stopProcess(sink));
  return { url: `http://127.0.0.1:${port}`, pid: sink.pid ?? 0, ended };
}

/** Opens all contenders at once, because Exhibit has servers to start. */
async function openAll(
  stack: AsyncDisposableStack,
  contenders: readonly Contender[],
  task: Task,
): Promise<[Contender, Running][]> {
  const opened = await Promise.allSettled(
    contenders.map(async (contender): Promise<[Contender, Running]> => {
      return [contender, stack.use(await contender.open(task))];
    }),
  );
  return opened.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}

async function besideSink(sink: number, run: Running["run"]): Promise<Run> {
  const before = await cpuOf(sink);
  const usage = await run();
  return { ...usage, sinkCpuSeconds: (await cpuOf(sink)) - before };
}
