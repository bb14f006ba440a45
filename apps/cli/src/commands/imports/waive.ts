import type { ErrorCode, ImportView } from "@exhibit/contracts";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { importIdOf } from "../../client/import-id.ts";
import { watchToEnd } from "../../client/watch-to-end.ts";
import { badUse, exitCodes } from "../../output/exit-codes.ts";
import { formatCount } from "../../output/format.ts";
import { countOf } from "../../output/import-report.ts";
import type { Terminal } from "../../output/terminal.ts";
import { readCode } from "../arguments/error-codes.ts";
import { expectOption } from "../arguments/expect-option.ts";
import { collect } from "../arguments/repeated-options.ts";
import { type CommandModule, jsonOption } from "../command.ts";

interface WaiveOptions {
  why: string;
  file?: string[];
  code?: ErrorCode;
  folder?: string;
  expect?: number;
  all?: boolean;
  json?: boolean;
}

export const waiveCommand: CommandModule = (program, { run }) => {
  program
    .command("waive")
    .description(
      "give up failed files, with a reason for the audit log; if nothing else has failed, the import is sealed",
    )
    .argument("<ID>", "the import")
    .requiredOption("--why <text>", "why, for the audit log")
    .option(
      "--file <id>",
      "a failed file (file_id, as `exhibit files ID --csv` shows it); may be repeated",
      collect,
    )
    .option("--code <code>", "all files that failed with this code", readCode)
    .option("--folder <id>", "all failed files of this folder (folder_id)")
    .option("--all", "all failed files")
    .option(...expectOption)
    .option(...jsonOption)
    .action((id: string, options: WaiveOptions) =>
      run(options, (terminal) => waive(id, options, terminal)),
    );
};

async function waive(given: string, options: WaiveOptions, terminal: Terminal): Promise<number> {
  const { why, file: file_ids, code, folder: folder_id, expect: expect_files, all } = options;
  const isNarrowed = [file_ids, code, folder_id].some((value) => value !== undefined);
  if (isNarrowed === (all === true)) {
    throw badUse("Name the files to give up by --file ID, --code CODE, --folder ID or --all.");
  }
  const api = apiOfEnvironment();
  const id = await importIdOf(api, given);
  const before = await api.get(id);
  const view = await api.waive(id, { why, code, folder_id, file_ids, expect_files });
  for (const line of givenUp(before, view)) terminal.note(line);
  terminal.note(`Import ${id}: ${formatCount(view.waived, "file")} given up so far.`);
  // Sealing takes a moment. Files that are still being stored or failed for other reasons aren't
  // waited for.
  if (view.status === "sealing" || view.status === "sealed") return watchToEnd(api, id, terminal);
  terminal.note(`${formatCount(view.failed, "failed file")} left.`);
  terminal.result(view);
  return exitCodes.done;
}

/** Returns how many files of each code were given up. */
function givenUp(before: ImportView, after: ImportView): string[] {
  const left = new Map(after.errors.map((group) => [group.code, group]));
  return before.errors.flatMap(({ code, files, folders, stands_for }) => {
    const rest = left.get(code) ?? { files: 0, folders: 0, stands_for: 0 };
    if (files <= rest.files) return [];
    const gone = {
      files: files - rest.files,
      folders: folders - rest.folders,
      stands_for:
        stands_for === null || rest.stands_for === null ? null : stands_for - rest.stands_for,
    };
    const what = `Given up: ${countOf(gone)} that failed with ${code}. Nothing of it is stored by this import.`;
    if (code === "SOURCE_ABSENT") {
      return [
        what,
        "  They may be all there: their share wasn't mounted. Once it is, import the folder again.",
      ];
    }
    return code === "SOURCE_NOT_FOUND"
      ? [
          what,
          "  One that was renamed is stored only if the list has it under its new name: npx exhibit status shows what the import holds; if it isn't there, import the folder again.",
        ]
      : [what];
  });
}
