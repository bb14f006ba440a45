import { dirname } from "node:path";
import { createApiClient } from "@exhibit/client";
import { findConfig, readEnvironment } from "@exhibit/config";
import { TRIAL_NOTICE } from "@exhibit/contracts";
import { exitCodes } from "../output/exit-codes.ts";
import type { Terminal } from "../output/terminal.ts";
import { actorOfSystem } from "../process/actor.ts";
import { lockDataFolder } from "../process/data-lock.ts";
import { listenForInterruption } from "../process/interruption.ts";
import { checkBwlimit } from "../process/limited-worker.ts";
import { type Evidence, ownEvidence, sampleEvidence } from "./evidence.ts";
import { importEvidence } from "./import-evidence.ts";
import { rememberRoots } from "./known-roots.ts";
import { type House, openHouse } from "./local-stack.ts";
import { goesOnLine, openImports } from "./open-imports.ts";
import { hasOldTrial, type Setting, settingOf } from "./setting.ts";

export interface UpOptions {
  once?: boolean;
  /** Without any configuration, whatever there is. */
  trial?: boolean;
  bwlimit?: string;
  json?: boolean;
}

/** `exhibit up`: everything in this process. Gives the exit code when it is over. */
export async function up(
  path: string | undefined,
  options: UpOptions,
  terminal: Terminal,
): Promise<number> {
  const setting = settingOf(readEnvironment(), path, options);
  const { environment, config } = setting;
  checkBwlimit(options.bwlimit);
  await using stack = new AsyncDisposableStack();
  const interruption = stack.use(
    listenForInterruption({
      onFirst: () => {
        terminal.note("");
        terminal.note("Stopping in good order; Ctrl-C again stops at once.");
      },
    }),
  );
  const { isNew } = stack.use(await lockDataFolder(environment.dataDir, terminal));

  for (const line of await startLines(setting, isNew)) terminal.note(line);
  const evidence = config === undefined ? await findEvidence(path, environment.dataDir) : undefined;
  const roots =
    evidence === undefined ? [] : await rememberRoots(environment.dataDir, [evidence.root]);
  const configPath = config?.path;
  const house = await openHouse(
    environment,
    { configPath, roots, bwlimit: options.bwlimit },
    stack,
  );
  // Of the sandbox that it brings itself, it has been said.
  if (house.trial && house.sandbox === undefined) terminal.note(TRIAL_NOTICE);
  sayPort(house, terminal);
  if (house.proxy !== undefined) {
    terminal.note(`Gateways and OSS are reached through the proxy ${house.proxy}.`);
  }
  for (const root of house.absentRoots) {
    terminal.note(`WARNING: ${root} of sources.roots can't be found: is it mounted?`);
  }
  if (house.api.exposure !== undefined) terminal.note(`WARNING: ${house.api.exposure}`);

  const api = createApiClient({ url: house.api.url, actor: actorOfSystem() });
  const goingOn = await openImports(api);
  for (const view of goingOn) terminal.note(await goesOnLine(api, view));

  let exitCode: number = exitCodes.done;
  if (evidence !== undefined && house.sandbox !== undefined) {
    exitCode = await importEvidence(evidence, house.sandbox, {
      api,
      goingOn,
      dataDir: environment.dataDir,
      options,
      interruption,
      terminal,
    });
    if (options.once === true || interruption.signal.aborted) return exitCode;
  }
  sayAddresses(house, terminal);
  await interruption.heard;
  return exitCode;
}

async function startLines({ environment, config }: Setting, isNew: boolean): Promise<string[]> {
  if (config === undefined) {
    const { dataDir } = environment;
    const before = dirname(dataDir);
    return [
      "Starting API, worker and sandbox…",
      TRIAL_NOTICE,
      ...(findConfig({}) === undefined ? [] : ["./exhibit.yaml is here and isn't used: --trial."]),
      ...(isNew && (await hasOldTrial(before))
        ? [
            `The trial's data are in ${dataDir} from now on. What earlier trials left in ${before} (ledger, sandbox, sample-case) isn't used any more.`,
          ]
        : []),
    ];
  }
  return [
    "Starting API and worker…",
    ...(config.isNamed ? [] : ["./exhibit.yaml is used, as EXHIBIT_CONFIG isn't set."]),
  ];
}

function findEvidence(path: string | undefined, dataDir: string): Promise<Evidence> {
  return path === undefined ? sampleEvidence(dataDir) : ownEvidence(path, dataDir);
}

function sayPort({ portTaken, api }: House, terminal: Terminal): void {
  if (portTaken === undefined) return;
  terminal.note(
    `Port ${portTaken} is taken, so the API is at ${api.url}. For other commands: EXHIBIT_API_URL=${api.url}`,
  );
}

function sayAddresses({ api, logPath }: House, terminal: Terminal): void {
  terminal.note("");
  terminal.note(`API         ${api.url}/v1/imports`);
  terminal.note(`API docs    ${api.url}/docs`);
  terminal.note(`Bull Board  ${api.url}/queues`);
  terminal.note(`Log         ${logPath}`);
  terminal.note("");
  terminal.note("It stays up; Ctrl-C ends it.");
}
