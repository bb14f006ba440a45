import type { ApiClient } from "@exhibit/client";
import { followImport } from "@exhibit/client";
import { type ExhibitError, type ImportView, TRIAL_NOTICE } from "@exhibit/contracts";
import { exitCodeOfImport } from "../output/exit-codes.ts";
import { importReport } from "../output/import-report.ts";
import { createPauseReporter } from "../output/pause-lines.ts";
import { createProgressDisplay } from "../output/progress/display.ts";
import type { Terminal } from "../output/terminal.ts";
import { createWaitReporter } from "../output/wait-lines.ts";
import { Left, listenForInterruption } from "../process/interruption.ts";
import { printImport } from "./import-result.ts";

export interface WatchOptions {
  signal?: AbortSignal;
  /** Whether the person has already been told that this is a trial. */
  isTrialKnown?: boolean;
}

/** Shows an import's progress until nothing runs any more for it, and returns its last view. */
export async function watchWithProgress(
  api: ApiClient,
  importId: string,
  terminal: Terminal,
  { signal, isTrialKnown = false }: WatchOptions = {},
): Promise<ImportView> {
  const display = createProgressDisplay(terminal.progress);
  const reportPauses = createPauseReporter(display.note);
  const reportWaits = createWaitReporter(display.note);
  let isTold = isTrialKnown;
  try {
    return await followImport(api, importId, {
      onView(view) {
        if (!isTold && view.trial) display.note(TRIAL_NOTICE);
        isTold = true;
        reportPauses(view);
        reportWaits(view);
        display.update(view);
      },
      onReachable: (fault) => display.note(reachLine(api, fault)),
      ...(signal === undefined ? {} : { signal }),
    });
  } finally {
    display.end();
  }
}

function reachLine(api: ApiClient, fault: ExhibitError | undefined): string {
  if (fault === undefined) return "The API responds again.";
  return `${whatIsSilent(api, fault)} Retrying. The import isn't affected.`;
}

/** Names what doesn't respond: the API, or a service behind it. */
function whatIsSilent(api: ApiClient, { message, details }: ExhibitError): string {
  return details.url === undefined ? message : `The API at ${api.url} doesn't respond.`;
}

/**
 * Watches an import to its end and reports it. Returns the exit code of `import`, `watch` and
 * `retry`.
 */
export async function watchToEnd(
  api: ApiClient,
  importId: string,
  terminal: Terminal,
): Promise<number> {
  const view = await watchUntilLeft(api, importId, terminal);
  for (const line of importReport(view)) terminal.say(line);
  await printImport(api, view, terminal);
  return exitCodeOfImport(view);
}

async function watchUntilLeft(
  api: ApiClient,
  importId: string,
  terminal: Terminal,
): Promise<ImportView> {
  using interruption = listenForInterruption();
  try {
    return await watchWithProgress(api, importId, terminal, { signal: interruption.signal });
  } catch (thrown) {
    if (!interruption.signal.aborted) throw thrown;
    const { exitCode } = interruption;
    const message = `Left. The import continues; to watch it: npx exhibit watch ${importId}`;
    throw new Left(message, { cause: thrown, exitCode });
  }
}
