import { exitCodes } from "../../output/exit-codes.ts";
import { bwlimitOption, checkBwlimit } from "../../process/bwlimit-option.ts";
import { type FleetEnvironment, readFleetEnvironment } from "../../process/fleet-environment.ts";
import { endAtOnce, listenForInterruption } from "../../process/interruption.ts";
import { readProcesses, sayTakesJobs, superviseWorkers } from "../../process/worker-processes.ts";
import type { CommandModule } from "../command.ts";

interface WorkerOptions {
  processes: number;
  bwlimit?: string;
  json?: boolean;
}

export const workerCommand: CommandModule = (program, { run }) => {
  program
    .command("worker")
    .description(
      "run a worker alone; start as many as you like (needs Redis, Postgres and exhibit.yaml)",
    )
    .option(
      "--processes <number>",
      "run so many worker processes and restart those that die; auto: one for each core",
      readProcesses,
      1,
    )
    .option(...bwlimitOption)
    .option("--json", "accepted like everywhere; a worker's log is JSON lines on stderr anyway")
    .action((options: WorkerOptions) => run(options, () => runWorker(options)));
};

async function runWorker({ processes, bwlimit }: WorkerOptions): Promise<number> {
  checkBwlimit(bwlimit);
  const environment = readFleetEnvironment("worker");
  return processes === 1 ? runOne(environment, bwlimit) : runSeveral(processes, bwlimit);
}

async function runOne(environment: FleetEnvironment, bwlimit: string | undefined): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const interruption = stack.use(listenForInterruption());
  // Loaded only here, so that other commands don't wait for the engine.
  const [{ openFleet }, { startLimitedWorker }] = await Promise.all([
    import("../../process/fleet.ts"),
    import("../../process/limited-worker.ts"),
  ]);
  const { services, logger } = await openFleet("worker", environment, stack);
  const worker = await startLimitedWorker(services, bwlimit);
  stack.defer(() => worker.close());
  sayTakesJobs();
  logger.info("worker takes jobs");
  await interruption.heard;
  logger.info("worker ends what it has begun");
  return exitCodes.done;
}

async function runSeveral(processes: number, bwlimit: string | undefined): Promise<number> {
  const { createLogger } = await import("@exhibit/telemetry");
  const atOnce = new AbortController();
  using interruption = listenForInterruption({
    onSecond(signal) {
      atOnce.abort();
      endAtOnce(signal);
    },
  });
  const logger = createLogger({ service: "worker", secrets: [] });
  logger.info({ processes }, "worker processes are started");
  // One of the workers sets it for all, and only once, so that a limit that a person sets later
  // stays.
  const onceArgs = bwlimit === undefined ? [] : ["--bwlimit", bwlimit];
  const { signal } = interruption;
  return await superviseWorkers({ processes, onceArgs, logger, signal, atOnce: atOnce.signal });
}
