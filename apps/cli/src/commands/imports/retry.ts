import type { ErrorCode } from "@exhibit/contracts";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { importIdOf } from "../../client/import-id.ts";
import { watchToEnd } from "../../client/watch-to-end.ts";
import { exitCodeOfImport, exitCodes } from "../../output/exit-codes.ts";
import { formatCount } from "../../output/format.ts";
import { pauseLines } from "../../output/pause-lines.ts";
import type { Terminal } from "../../output/terminal.ts";
import { readCode } from "../arguments/error-codes.ts";
import { expectOption } from "../arguments/expect-option.ts";
import { collect } from "../arguments/repeated-options.ts";
import { type CommandModule, jsonOption } from "../command.ts";

interface RetryOptions {
  folder?: string;
  code?: ErrorCode;
  file?: string[];
  expect?: number;
  allowEmpty?: boolean;
  why?: string;
  detach?: boolean;
  json?: boolean;
}

export const retryCommand: CommandModule = (program, { run }) => {
  program
    .command("retry")
    .description("retry what failed in an import, and wait for its end unless it is paused")
    .argument("<ID>", "the import")
    .option("--folder <id>", "only failed files of this folder (folder_id)")
    .option("--code <code>", "only files that failed with this code", readCode)
    .option("--file <id>", "only this file (file_id); may be repeated", collect)
    .option(...expectOption)
    .option("--allow-empty", "accept empty sources, which had failed with SOURCE_EMPTY")
    .option("--why <text>", "why, for the audit log")
    .option("--detach", "don't wait for the end")
    .option(...jsonOption)
    .action((id: string, options: RetryOptions) =>
      run(options, (terminal) => retry(id, options, terminal)),
    );
};

async function retry(given: string, options: RetryOptions, terminal: Terminal): Promise<number> {
  const api = apiOfEnvironment();
  const id = await importIdOf(api, given);
  const { folder, code, file, expect, allowEmpty, why, detach } = options;
  const view = await api.retry(id, {
    folder_id: folder,
    code,
    file_ids: file,
    expect_files: expect,
    ...(allowEmpty && { allow_empty: true }),
    why,
  });
  const isPaused = view.paused !== null;
  const files = formatCount(view.planned, "file");
  terminal.note(
    isPaused
      ? `Import ${id} is paused: ${files} to store once it is resumed.`
      : `Import ${id} continues: ${files} to store.`,
  );
  if (detach !== true && !isPaused) return watchToEnd(api, id, terminal);
  for (const line of pauseLines(view)) terminal.say(line);
  terminal.result(view);
  return detach === true ? exitCodes.done : exitCodeOfImport(view);
}
