import type { ApiClient, FileFilter } from "@exhibit/client";
import {
  csvHead,
  csvRow,
  type ErrorCode,
  type FileState,
  fileStates,
  type ImportView,
  type ListedFile,
  restingStatuses,
  TRIAL_NOTICE,
  visibleJson,
} from "@exhibit/contracts";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { importIdOf } from "../../client/import-id.ts";
import { fileLine, folderHead } from "../../file-list/lines.ts";
import { listedFiles } from "../../file-list/listed-files.ts";
import { type Send, writeWholeFile } from "../../file-list/whole-file.ts";
import { badUse, exitCodes } from "../../output/exit-codes.ts";
import { formatCount, formatTime, shortId } from "../../output/format.ts";
import { statusWord } from "../../output/status-word.ts";
import type { Terminal } from "../../output/terminal.ts";
import { type Interruption, Left, listenForInterruption } from "../../process/interruption.ts";
import { readAmong } from "../arguments/comma-separated.ts";
import { readCode } from "../arguments/error-codes.ts";
import type { CommandModule } from "../command.ts";

interface FilesOptions {
  state?: FileState[];
  code?: ErrorCode;
  folder?: string;
  prefix?: string;
  search?: string;
  sha256?: string;
  csv?: boolean;
  bom: boolean;
  output?: string;
  force?: boolean;
  json?: boolean;
}

// How many characters are written at once.
const batch = 64 * 1024;

export const filesCommand: CommandModule = (program, { run }) => {
  program
    .command("files")
    .description("list the files of an import as text, as CSV for a spreadsheet, or as JSON")
    .argument("<ID>", "the import")
    .option(
      "--state <states>",
      `only files in these states, separated by commas: ${fileStates.join(", ")}`,
      (text) => readAmong(fileStates, text),
    )
    .option("--code <code>", "only files with this error code", readCode)
    .option("--folder <id>", "only files of this folder (folder_id)")
    .option("--prefix <path>", "only files whose path begins with this")
    .option("--search <text>", "only files whose path has this in it, in any case")
    .option("--sha256 <digest>", "only files with these bytes: 64 hexadecimal digits")
    .option("--csv", "as CSV in UTF-8, with everything that is recorded for each file")
    .option("--bom", "start the CSV with a byte order mark, by which Excel recognizes UTF-8", true)
    .option("--no-bom", "leave the byte order mark out, for programs that don't expect one")
    .option("--json", "as one JSON object per line, each as the API returns it")
    .option("--output <file>", "write to a file, which appears once it is complete")
    .option("--force", "replace the file if it exists")
    .addHelpText("after", explanation)
    .action((id: string, options: FilesOptions) =>
      run(options, (terminal) => list(id, options, terminal)),
    );
};

const explanation = `
Files are listed folder by folder, in the order of their paths. In a CSV, a cell that a spreadsheet would take for a
formula (it starts with =, +, - or @) or round (a number of more than 15 digits) starts with an apostrophe: remove it.

Examples:
  exhibit files ID --state failed
  exhibit files ID --code EVIDENCE_CONFLICT
  exhibit files ID --csv --output E-77.csv
  exhibit files ID --state failed,waived --json`;

/**
 * A form of the list: what comes before the first file, and a file's text, given the file before
 * it.
 */
interface Form {
  head: string;
  line(listed: ListedFile, before: ListedFile | undefined): string;
}

async function list(given: string, options: FilesOptions, terminal: Terminal): Promise<number> {
  if (options.csv === true && options.json === true) throw badUse("Use either --csv or --json.");
  if (options.force === true && options.output === undefined)
    throw badUse("--force needs --output.");
  const api = apiOfEnvironment();
  const view = await api.get(await importIdOf(api, given));
  const { state: states, code, folder, prefix, search: q, sha256 } = options;
  const filter = { states, code, folder, prefix, q, sha256 };
  const form = formOf(options, view);
  const { output } = options;
  const began = new Date();
  let count = 0;
  const fill = async (send: Send) => {
    count = await sendList(api, { view, filter, form }, send);
  };
  if (output === undefined) {
    await fill(terminal.send);
  } else {
    using interruption = listenForInterruption();
    const replace = options.force === true;
    await writeWholeFile(output, { replace }, (send) =>
      Promise.race([fill(send), untilStopped(interruption)]),
    );
  }
  const into = output === undefined ? "" : ` in ${output}`;
  terminal.note(`${formatCount(count, "file")}${into}, as of ${formatTime(began)}.`);
  if (view.trial) terminal.note(TRIAL_NOTICE);
  for (const line of notOnTheList(view)) terminal.note(line);
  return exitCodes.done;
}

function formOf(options: FilesOptions, view: ImportView): Form {
  if (options.json === true)
    return { head: "", line: ({ file }) => `${visibleJson(JSON.stringify(file))}\n` };
  if (options.csv === true) {
    const mark = options.bom ? "\uFEFF" : "";
    return { head: `${mark}${csvHead()}`, line: (listed) => csvRow(listed, view) };
  }
  return {
    head: "",
    line: (listed, before) =>
      (before?.folder === listed.folder ? "" : folderHead(listed)) + fileLine(listed),
  };
}

/** Throws at the first signal, even while the API hasn't responded yet. */
async function untilStopped(interruption: Interruption): Promise<never> {
  await interruption.heard;
  const { exitCode } = interruption;
  throw new Left("Interrupted: no file was written.", { exitCode });
}

/** Sends a list in parts, which aren't kept in memory, and returns the number of its files. */
async function sendList(
  api: ApiClient,
  { view, filter, form }: { view: ImportView; filter: FileFilter; form: Form },
  send: Send,
): Promise<number> {
  let text = form.head;
  let count = 0;
  let before: ListedFile | undefined;
  for await (const listed of listedFiles(api, view.import_id, filter)) {
    text += form.line(listed, before);
    before = listed;
    count += 1;
    if (text.length < batch) continue;
    await send(text);
    text = "";
  }
  if (text !== "") await send(text);
  return count;
}

/** Returns notes on what the list doesn't show. */
function notOnTheList(view: ImportView): string[] {
  const id = shortId(view.import_id);
  const unwalked = view.errors.filter(({ files }) => files === 0).map(({ code }) => code);
  return [
    ...(restingStatuses.has(view.status)
      ? []
      : [
          `The import is ${statusWord(view)}: the state of files may have changed since they were listed.`,
        ]),
    ...(view.status === "planning"
      ? ["Its sources are still being walked, so there will be more files."]
      : []),
    ...(unwalked.length === 0
      ? []
      : [
          `Files in folders that couldn't be walked aren't listed (${unwalked.join(", ")}): npx exhibit status ${id}`,
        ]),
  ];
}
