import { exitCodes } from "../exit-codes.ts";
import { readFleetEnvironment } from "../fleet-environment.ts";
import { listenForInterruption } from "../interruption.ts";
import { bwlimitOption, checkBwlimit, startLimitedWorker } from "../limited-worker.ts";
import type { CommandModule } from "./command.ts";

interface WorkerOptions {
  bwlimit?: string;
  json?: boolean;
}

export const workerCommand: CommandModule = (program, { run }) => {
  program
    .command("worker")
    .description(
      "take jobs, alone in this process; as many of them as you like (needs Redis, Postgres, exhibit.yaml)",
    )
    .option(...bwlimitOption)
    .option("--json", "accepted everywhere; a worker's log is JSON lines on stderr anyway")
    .action((options: WorkerOptions) => run(options, () => runWorker(options)));
};

async function runWorker({ bwlimit }: WorkerOptions): Promise<number> {
  checkBwlimit(bwlimit);
  const environment = readFleetEnvironment("worker");
  await using stack = new AsyncDisposableStack();
  const interruption = stack.use(listenForInterruption());
  // Loaded only here: the other commands needn't wait for the engine.
  const { openFleet } = await import("../fleet.ts");
  const { services, logger } = await openFleet("worker", environment, stack);
  const worker = await startLimitedWorker(services, bwlimit);
  stack.defer(() => worker.close());
  logger.info("worker takes jobs");
  await interruption.heard;
  logger.info("worker ends what it has begun");
  return exitCodes.done;
}
