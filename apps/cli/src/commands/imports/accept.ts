import type { ApiClient } from "@exhibit/client";
import { type Destination, ExhibitError, type FolderView } from "@exhibit/contracts";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { importIdOf } from "../../client/import-id.ts";
import { watchToEnd } from "../../client/watch-to-end.ts";
import { badUse, exitCodes } from "../../output/exit-codes.ts";
import { formatCount } from "../../output/format.ts";
import type { Terminal } from "../../output/terminal.ts";
import { type CommandModule, jsonOption } from "../command.ts";

interface AcceptOptions {
  folder: string;
  why: string;
  to?: string;
  detach?: boolean;
  json?: boolean;
}

export const acceptCommand: CommandModule = (program, { run }) => {
  program
    .command("accept")
    .description(
      "have a folder's files go to the place that its vendor leads to now, after DESTINATION_CHANGED; without --to, show both places",
    )
    .argument("<ID>", "the import")
    .requiredOption("--folder <id>", "the folder (folder_id of GET /v1/imports/ID/folders)")
    .requiredOption("--why <text>", "for the record")
    .option("--to <place>", "the new place, as this command shows it")
    .option("--detach", "don't wait for the end")
    .option(...jsonOption)
    .action((id: string, options: AcceptOptions) =>
      run(options, (terminal) => accept(id, options, terminal)),
    );
};

async function accept(given: string, options: AcceptOptions, terminal: Terminal): Promise<number> {
  const { folder: folderId, why, to } = options;
  const api = apiOfEnvironment();
  const id = await importIdOf(api, given);
  const folder = await folderOf(api, id, folderId);
  const { offered } = folder;
  if (offered === null) {
    throw new ExhibitError(
      "STATE_CONFLICT",
      `No other place waits to be accepted for folder ${folderId}.`,
    );
  }
  const place = placeText(offered);
  terminal.note(`Folder ${folderId}: ${formatCount(folder.failed, "file")} failed.`);
  terminal.note(`  they go to  ${placeText(folder)}`);
  terminal.note(`  offered is  ${place}`);
  if (to === undefined) {
    throw badUse(`Nothing was changed. If that is the right place, say so: --to '${place}'`);
  }
  if (to !== place) throw badUse(`Nothing was changed: offered is ${place}, not ${to}.`);
  const view = await api.acceptDestination(id, folderId, { ...offered, why });
  terminal.note(`Import ${id} goes on: ${formatCount(view.planned, "file")} to store.`);
  if (options.detach !== true) return watchToEnd(api, id, terminal);
  terminal.result(view);
  return exitCodes.done;
}

async function folderOf(api: ApiClient, id: string, folderId: string): Promise<FolderView> {
  for await (const folder of api.folders(id)) if (folder.folder_id === folderId) return folder;
  throw new ExhibitError("NOT_FOUND", `There is no folder ${folderId} in import ${id}.`);
}

/** All that makes a place, in one word: two of them differ in it wherever they lie. */
function placeText({ endpoint, bucket, prefix }: Pick<FolderView, keyof Destination>): string {
  return `${endpoint}/${bucket}/${prefix}`;
}
