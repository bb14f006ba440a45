import { exitCodes } from "../../output/exit-codes.ts";
import type { Terminal } from "../../output/terminal.ts";
import { readFleetEnvironment } from "../../process/fleet-environment.ts";
import { listenForInterruption } from "../../process/interruption.ts";
import { makeLoginLink } from "../../process/login-link.ts";
import { lockApi } from "../../process/own-key.ts";
import type { CommandModule } from "../command.ts";

export const apiCommand: CommandModule = (program, { run }) => {
  program
    .command("api")
    .description("run the HTTP API and Bull Board alone (needs Redis, Postgres and exhibit.yaml)")
    .option("--json", "accepted like everywhere; the API's log is JSON lines on stderr anyway")
    .action((options: { json?: boolean }) => run(options, runApi));
};

async function runApi(terminal: Terminal): Promise<number> {
  const environment = readFleetEnvironment("api");
  await using stack = new AsyncDisposableStack();
  const interruption = stack.use(listenForInterruption());
  // Loaded only here, so that other commands don't wait for the engine.
  const [{ openFleet }, { serveApi }, { boundHeap }] = await Promise.all([
    import("../../process/fleet.ts"),
    import("../../process/serve-api.ts"),
    import("@exhibit/runtime"),
  ]);
  const { services, logger } = await openFleet("api", environment, stack);
  const ownKey = await lockApi(services, environment);
  const api = await serveApi({ services, logger, environment });
  stack.defer(() => api.close());
  boundHeap();
  logger.info({ url: api.url }, "API listens");
  // A person at a terminal is shown it, but a log isn't.
  if (ownKey !== undefined && terminal.progress.isTTY === true) {
    const link = await makeLoginLink(services, ownKey, { ...environment, url: api.url });
    if (link !== undefined) terminal.note(`Log in (once, within 10 minutes): ${link}`);
  }
  await interruption.heard;
  logger.info("API ends what it has begun");
  return exitCodes.done;
}
