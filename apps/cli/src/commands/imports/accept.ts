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
      "accept a folder's new destination after DESTINATION_CHANGED; without --to, only show both places",
    )
    .argument("<ID>", "the import")
    .requiredOption("--folder <id>", "the folder (folder_id of GET /v1/imports/ID/folders)")
    .requiredOption("--why <text>", "why, for the audit log")
    .option("--to <place>", "the new destination, as this command shows it without --to")
    .option("--detach", "don't wait for the import's end")
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
      `Folder ${folderId} has no new destination to accept.`,
    );
  }
  const place = placeText(offered);
  terminal.note(`Folder ${folderId}: ${formatCount(folder.failed, "file")} failed.`);
  terminal.note(`  destination      ${placeText(folder)}`);
  terminal.note(`  new destination  ${place}`);
  if (to === undefined) {
    throw badUse(`Nothing was changed. To accept the new destination, add: --to '${place}'`);
  }
  if (to !== place)
    throw badUse(`Nothing was changed: the new destination is ${place}, not ${to}.`);
  const view = await api.acceptDestination(id, folderId, { ...offered, why });
  terminal.note(`Import ${id} continues: ${formatCount(view.planned, "file")} to store.`);
  if (options.detach !== true) return watchToEnd(api, id, terminal);
  terminal.result(view);
  return exitCodes.done;
}

async function folderOf(api: ApiClient, id: string, folderId: string): Promise<FolderView> {
  for await (const folder of api.folders(id)) if (folder.folder_id === folderId) return folder;
  throw new ExhibitError("NOT_FOUND", `There is no folder ${folderId} in import ${id}.`);
}

/**
 * Returns everything that makes a destination in one word, so that different destinations differ in
 * it.
 */
function placeText({ endpoint, bucket, prefix }: Pick<FolderView, keyof Destination>): string {
  return `${endpoint}/${bucket}/${prefix}`;
}
