import { dirname } from "node:path";
import { createApiClient } from "@exhibit/client";
import { findConfig, readEnvironment } from "@exhibit/config";
import { TRIAL_NOTICE } from "@exhibit/contracts";
import { exitCodes } from "../output/exit-codes.ts";
import type { Terminal } from "../output/terminal.ts";
import { actorOfSystem } from "../process/actor.ts";
import { boundlessLine } from "../process/boundless-line.ts";
import { checkBwlimit } from "../process/bwlimit-option.ts";
import { lockDataFolder } from "../process/data-lock.ts";
import { listenForInterruption } from "../process/interruption.ts";
import { type Evidence, ownEvidence, sampleEvidence } from "./evidence.ts";
import { importEvidence } from "./import-evidence.ts";
import { rememberRoots } from "./known-roots.ts";
import { type LocalStack, openLocalStack } from "./local-stack.ts";
import { goesOnLine, openImports } from "./open-imports.ts";
import { hasOldTrial, type Setting, settingOf, type UpOptions } from "./setting.ts";

/**
 * Runs everything in this process until it is interrupted or, with `once`, the import has ended.
 * Returns the exit code.
 */
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
  const localStack = await openLocalStack(
    environment,
    { configPath, roots, bwlimit: options.bwlimit },
    stack,
  );
  // With its own sandbox the notice has been shown already.
  if (localStack.trial && localStack.sandbox === undefined) terminal.note(TRIAL_NOTICE);
  sayPort(localStack, terminal);
  if (localStack.proxy !== undefined) {
    terminal.note(`Gateways and OSS are reached through the proxy ${localStack.proxy}.`);
  }
  for (const root of localStack.absentRoots) {
    terminal.note(`WARNING: ${root} of sources.roots doesn't exist: is it mounted?`);
  }
  for (const root of localStack.boundlessRoots) terminal.note(`WARNING: ${boundlessLine(root)}`);
  if (localStack.api.exposure !== undefined) terminal.note(`WARNING: ${localStack.api.exposure}`);

  const keys = [localStack.ownKey ?? environment.apiKey ?? []].flat();
  const api = createApiClient({ url: localStack.api.url, keys, actor: actorOfSystem() });
  const goingOn = await openImports(api);
  for (const view of goingOn) terminal.note(await goesOnLine(api, view));

  let exitCode: number = exitCodes.done;
  if (evidence !== undefined && localStack.sandbox !== undefined) {
    exitCode = await importEvidence(evidence, localStack.sandbox, {
      api,
      goingOn,
      dataDir: environment.dataDir,
      options,
      interruption,
      terminal,
    });
    if (options.once === true || interruption.signal.aborted) return exitCode;
  }
  await sayAddresses(localStack, terminal);
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
      ...(findConfig({}) === undefined
        ? []
        : ["./exhibit.yaml exists but isn't used, because of --trial."]),
      ...(isNew && (await hasOldTrial(before))
        ? [
            `The trial's data are in ${dataDir} from now on. What earlier trials left in ${before} (ledger, sandbox, sample-case) is no longer used.`,
          ]
        : []),
    ];
  }
  return [
    "Starting API and worker…",
    ...(config.isNamed ? [] : ["EXHIBIT_CONFIG isn't set, so ./exhibit.yaml is used."]),
  ];
}

function findEvidence(path: string | undefined, dataDir: string): Promise<Evidence> {
  return path === undefined ? sampleEvidence(dataDir) : ownEvidence(path, dataDir);
}

function sayPort({ portTaken, api }: LocalStack, terminal: Terminal): void {
  if (portTaken === undefined) return;
  terminal.note(
    `Port ${portTaken} is in use, so the API is at ${api.url}. For other commands, set EXHIBIT_API_URL=${api.url}`,
  );
}

async function sayAddresses(
  { api, logPath, makeLoginLink }: LocalStack,
  terminal: Terminal,
): Promise<void> {
  const link = await makeLoginLink();
  terminal.note("");
  if (link !== undefined) terminal.note(`Log in      ${link} (once, within 10 minutes)`);
  terminal.note(`API         ${api.url}/v1/imports`);
  terminal.note(`API docs    ${api.url}/docs`);
  terminal.note(`Bull Board  ${api.url}/queues`);
  terminal.note(`Log         ${logPath}`);
  terminal.note("");
  terminal.note("It stays up; Ctrl-C ends it.");
}
