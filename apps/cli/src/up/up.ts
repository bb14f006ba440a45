import { dirname } from "node:path";
import { findConfig, readEnvironment } from "@exhibit/config";
import { type ImportView, TRIAL_NOTICE } from "@exhibit/contracts";
import type { Sandbox } from "@exhibit/sandbox";
import { actorOfSystem } from "../actor.ts";
import { createApiClient } from "../api-client.ts";
import { mappingLines } from "../case-folders.ts";
import { exitCodes } from "../exit-codes.ts";
import { giveImport } from "../import-result.ts";
import { type Interruption, listenForInterruption } from "../interruption.ts";
import { checkBwlimit } from "../limited-worker.ts";
import { exitCodeOfImport, importReport } from "../report.ts";
import type { Terminal } from "../terminal.ts";
import { watchWithProgress } from "../watch-to-end.ts";
import { lockDataFolder } from "./data-lock.ts";
import { type Evidence, ownEvidence, sampleEvidence } from "./evidence.ts";
import { type House, openHouse } from "./house.ts";
import { rememberRoots } from "./known-roots.ts";
import { placementLines } from "./placement.ts";
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
  for (const root of house.absentRoots) {
    terminal.note(`WARNING: ${root} of sources.roots can't be found: is it mounted?`);
  }
  if (house.api.exposure !== undefined) terminal.note(`WARNING: ${house.api.exposure}`);

  let exitCode: number = exitCodes.done;
  if (evidence !== undefined && house.sandbox !== undefined) {
    exitCode = await importEvidence(evidence, house.sandbox, {
      house,
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

interface ImportContext {
  house: House;
  options: UpOptions;
  interruption: Interruption;
  terminal: Terminal;
}

async function importEvidence(
  evidence: Evidence,
  sandbox: Sandbox,
  { house, options, interruption, terminal }: ImportContext,
): Promise<number> {
  const api = createApiClient({ url: house.api.url, actor: actorOfSystem() });
  terminal.note(`Importing ${evidence.name}`);
  if (evidence.remark !== undefined) terminal.note(evidence.remark);
  for (const line of mappingLines(evidence.request.folders)) terminal.note(`  ${line}`);
  const { import_id } = await api.create(evidence.request);
  const view = await watchUnless(interruption, () =>
    watchWithProgress(api, import_id, terminal, interruption.signal),
  );
  if (view === undefined) {
    terminal.note(`Import ${import_id} isn't over; it goes on at the next start.`);
    const last = await api.get(import_id);
    await giveImport(api, last, terminal);
    return exitCodes.failed;
  }
  terminal.say();
  terminal.say("What was stored where:");
  for (const line of await placementLines(api, import_id, sandbox)) terminal.say(line);
  terminal.say();
  const isUp = options.once !== true;
  for (const line of importReport(view, { isUp })) terminal.say(line);
  await giveImport(api, view, terminal);
  return exitCodeOfImport(view);
}

/** What `watch` gives, or undefined when an interruption ended it. */
async function watchUnless(
  { signal }: Interruption,
  watch: () => Promise<ImportView>,
): Promise<ImportView | undefined> {
  try {
    return await watch();
  } catch (thrown) {
    if (signal.aborted) return undefined;
    throw thrown;
  }
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
