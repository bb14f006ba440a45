import type { ApiClient } from "@exhibit/client";
import type { ImportView } from "@exhibit/contracts";
import type { Sandbox } from "@exhibit/sandbox";
import { mappingLines } from "../case/case-folders.ts";
import { printImport } from "../client/import-result.ts";
import { watchWithProgress } from "../client/watch-to-end.ts";
import { exitCodeOfImport, exitCodes } from "../output/exit-codes.ts";
import { importReport } from "../output/import-report.ts";
import type { Terminal } from "../output/terminal.ts";
import type { Interruption } from "../process/interruption.ts";
import { type Evidence, isWithin } from "./evidence.ts";
import { keepRoots } from "./known-roots.ts";
import { isOf, neededSources } from "./open-imports.ts";
import { placementLines } from "./placement.ts";
import { sealLines } from "./seal-line.ts";

interface ImportContext {
  api: ApiClient;
  /** Imports that were open at the start. */
  goingOn: readonly ImportView[];
  dataDir: string;
  options: { once?: boolean };
  interruption: Interruption;
  terminal: Terminal;
}

/** Imports the evidence into the sandbox, shows what became of it, and returns the exit code. */
export async function importEvidence(
  evidence: Evidence,
  sandbox: Sandbox,
  { api, goingOn, dataDir, options, interruption, terminal }: ImportContext,
): Promise<number> {
  const { import_id } = await importOf(evidence, { api, goingOn, terminal });
  const sources = await neededSources(api);
  await keepRoots(dataDir, (root) => sources.some((source) => isWithin(source, root)));
  const view = await watchUnless(interruption, () =>
    watchWithProgress(api, import_id, terminal, {
      signal: interruption.signal,
      isTrialKnown: true,
    }),
  );
  if (view === undefined) {
    terminal.note(`Import ${import_id} hasn't ended; it continues at the next start.`);
    const last = await api.get(import_id);
    await printImport(api, last, terminal);
    return exitCodes.failed;
  }
  terminal.say();
  terminal.say("What was stored where:");
  for (const line of await placementLines(api, import_id, sandbox)) terminal.say(line);
  for (const line of await sealLines(api, view)) terminal.say(line);
  terminal.say();
  const isUp = options.once !== true;
  for (const line of importReport(view, { isUp })) terminal.say(line);
  await printImport(api, view, terminal);
  return exitCodeOfImport(view);
}

/**
 * Returns the import of the evidence: an open one of it if there is one, so that no two compete, or
 * a new one.
 */
async function importOf(
  { name, remark, request }: Evidence,
  { api, goingOn, terminal }: Pick<ImportContext, "api" | "goingOn" | "terminal">,
): Promise<ImportView> {
  for (const view of goingOn) {
    if (!(await isOf(api, view, request))) continue;
    terminal.note(`That import is of ${name}, so it is followed and no second one is started.`);
    return view;
  }
  terminal.note(`Importing ${name}`);
  if (remark !== undefined) terminal.note(remark);
  for (const line of mappingLines(request.folders)) terminal.note(`  ${line}`);
  return await api.create(request);
}

/** Returns the result of `watch`, or undefined when an interruption ended it. */
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
