import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { readEnvironment } from "@exhibit/config";
import { InvalidArgumentError } from "commander";
import { exitCodes } from "../../output/exit-codes.ts";
import type { Terminal } from "../../output/terminal.ts";
import { lockDataFolder } from "../../process/data-lock.ts";
import { listenForInterruption } from "../../process/interruption.ts";
import { collect } from "../arguments/repeated-options.ts";
import { type CommandModule, jsonOption } from "../command.ts";

interface SandboxOptions {
  gatewayPort: number;
  ossPort: number;
  leaseSeconds: number;
  root: string[];
  writeConfig?: string;
  json?: boolean;
}

export const sandboxCommand: CommandModule = (program, { run }) => {
  program
    .command("sandbox")
    .description(
      "run stand-ins for the vendors' gateways and OSS, and print an exhibit.yaml for them",
    )
    .option("--gateway-port <port>", "the port of the vendors' gateway", readPort, 7401)
    .option("--oss-port <port>", "the port of the object storage", readPort, 7402)
    .option("--lease-seconds <seconds>", "how long its tokens are valid", readSeconds, 3600)
    .option(
      "--root <folder>",
      "a folder that may be read, for the exhibit.yaml; may be repeated (default: /evidence)",
      collect,
      [],
    )
    .option("--write-config <file>", "also write the exhibit.yaml to a file")
    .option(...jsonOption)
    .action((options: SandboxOptions) => run(options, (terminal) => runSandbox(options, terminal)));
};

async function runSandbox(options: SandboxOptions, terminal: Terminal): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const interruption = stack.use(listenForInterruption());
  const [{ startSandbox }, { stringify }] = await Promise.all([
    import("@exhibit/sandbox"),
    import("yaml"),
  ]);
  const { gatewayPort, ossPort, leaseSeconds } = options;
  const dataDir = join(readEnvironment().dataDir, "sandbox");
  // Only one process may use the sandbox's objects and journal, be it this one or `exhibit up`.
  stack.use(await lockDataFolder(dataDir, terminal));
  const sandbox = await startSandbox({
    dataDir,
    gatewayPort,
    ossPort,
    leaseSeconds,
  });
  stack.defer(() => sandbox.close());

  const roots =
    options.root.length === 0 ? ["/evidence"] : options.root.map((root) => resolve(root));
  const yaml = stringify(sandbox.config(roots));
  terminal.say(
    `# The sandbox's exhibit.yaml. Gateway: ${sandbox.gatewayUrl}; OSS: ${sandbox.ossUrl}`,
  );
  for (const line of yaml.split("\n")) terminal.say(line);
  if (options.writeConfig !== undefined) {
    const file = resolve(options.writeConfig);
    await writeFile(file, yaml);
    terminal.note(`Written to ${file}: EXHIBIT_CONFIG=${file}`);
  }
  terminal.note(
    `Objects are kept as plain files in ${sandbox.objectsDir}. Ctrl-C stops the sandbox.`,
  );
  terminal.result({
    trial: true,
    gateway_url: sandbox.gatewayUrl,
    oss_url: sandbox.ossUrl,
    objects_dir: sandbox.objectsDir,
  });
  await interruption.heard;
  return exitCodes.done;
}

/**
 * Reads a number of seconds, within the limits of kongur's `lease_ttl`, for which the exhibit.yaml
 * uses it.
 */
function readSeconds(value: string): number {
  const seconds = Number(value);
  if (Number.isInteger(seconds) && seconds >= 60 && seconds <= 43_200) return seconds;
  throw new InvalidArgumentError("It must be a number from 60 to 43200.");
}

function readPort(value: string): number {
  const port = Number(value);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError("It must be a number from 0 (any free port) to 65535.");
}
