import type { FolderSelector } from "@exhibit/contracts";
import { type Command, Option } from "commander";
import { caseRoles } from "../../case/vendor-folders.ts";
import { collect, collectPair } from "./repeated-options.ts";

/** The options that name folders of a case at a vendor. */
export interface FolderOptions {
  entrust?: string;
  suit?: string[];
  role?: string;
  folder?: FolderSelector;
}

/** Adds the options of `FolderOptions` to a command, and returns it. */
export function addFolderOptions(command: Command): Command {
  return command
    .option("--entrust <id>", "the case's entrust_id")
    .option("--suit <id>", "a suit_id of the case; may be repeated", collect)
    .addOption(
      new Option("--role <role>", "the case's own folder at kongur instead of a suit's").choices(
        caseRoles,
      ),
    )
    .option(
      "--folder <key=value>",
      "the vendor's name of the folder; may be repeated",
      collectPair,
    );
}
