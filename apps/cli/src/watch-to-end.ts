import { type ImportView, summaryOf } from "@exhibit/contracts";
import type { ApiClient } from "./api-client.ts";
import { followImport } from "./follow-import.ts";
import { createPauseTeller } from "./pausing.ts";
import { createProgressDisplay } from "./progress/display.ts";
import { exitCodeOfImport, importReport } from "./report.ts";
import type { Terminal } from "./terminal.ts";

/** Shows an import's progress until nothing runs any more for it; gives its last view. */
export async function watchWithProgress(
  api: ApiClient,
  importId: string,
  terminal: Terminal,
  signal?: AbortSignal,
): Promise<ImportView> {
  const display = createProgressDisplay(terminal.progress);
  const tellPauses = createPauseTeller(display.note);
  try {
    return await followImport(api, importId, {
      onView(view) {
        tellPauses(view);
        display.update(view);
      },
      onReachable: (reachable) =>
        display.note(
          reachable
            ? "The API answers again."
            : `The API at ${api.url} doesn't answer; trying on. The import itself isn't harmed.`,
        ),
      ...(signal === undefined ? {} : { signal }),
    });
  } finally {
    display.end();
  }
}

/** Watches an import to its end, reports it, and gives the exit code: what `import`, `watch` and `retry` end with. */
export async function watchToEnd(
  api: ApiClient,
  importId: string,
  terminal: Terminal,
): Promise<number> {
  const view = await watchWithProgress(api, importId, terminal);
  for (const line of importReport(view)) terminal.say(line);
  terminal.result(summaryOf(view));
  return exitCodeOfImport(view);
}
