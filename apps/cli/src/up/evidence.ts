import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import { ExhibitError, type FolderRequest, type ImportRequest } from "@exhibit/contracts";
import { checkFolder, mapLayout } from "../case/case-folders.ts";
import { badUse } from "../output/exit-codes.ts";
import { ensureSampleCase, sampleRequest } from "./sample-case/sample-case.ts";

/** The sandbox's vendor that opens the folders of a whole case. */
const TRIAL_VENDOR = "kongur";

/** What `exhibit up` imports into the sandbox. */
export interface Evidence {
  /** For people: what it is and where it lies. */
  name: string;
  /** The folder that has to be readable. */
  root: string;
  request: ImportRequest;
  /** Why it goes where it goes, where that isn't plain. */
  remark?: string | undefined;
}

/** Makes the sample case where it isn't there yet. */
export async function sampleEvidence(dataDir: string): Promise<Evidence> {
  const root = join(dataDir, "sample-case");
  const { made } = await ensureSampleCase(root);
  return {
    name: `the sample case${made ? " (just made)" : ""} in ${root}`,
    root,
    request: sampleRequest(root),
  };
}

/**
 * A folder of the user's own, for a mandate that is this folder's alone: one that is laid out as a case maps itself, as by
 * `exhibit import`, and any other goes to the entrust folder as a whole. Throws REQUEST_INVALID.
 */
export async function ownEvidence(path: string, dataDir: string): Promise<Evidence> {
  const given = resolve(path);
  await checkFolder(given);
  const root = await realpath(given);
  // Storing would add files to what is being walked, without end.
  if (isWithin(await realpath(dataDir), root)) {
    throw badUse(
      `${root} holds Exhibit's own data (${dataDir}); give it another place by EXHIBIT_DATA_DIR.`,
    );
  }
  const { folders, remark } = await foldersOf(root);
  return {
    name: root,
    root,
    request: { entrust_id: mandateOf(root), suit_ids: [], folders },
    remark,
  };
}

async function foldersOf(root: string): Promise<{ folders: FolderRequest[]; remark?: string }> {
  const source = { type: "directory" as const, path: root };
  const whole: FolderRequest[] = [{ vendor: TRIAL_VENDOR, folder: { role: "entrust" }, source }];
  try {
    const folders = await mapLayout(root, TRIAL_VENDOR);
    return { folders: folders.length === 0 ? whole : folders };
  } catch (thrown) {
    if (!(thrown instanceof ExhibitError && thrown.code === "REQUEST_INVALID")) throw thrown;
    return {
      folders: whole,
      remark: `It goes to one folder as a whole, for exhibit import would refuse it: ${thrown.message}`,
    };
  }
}

/** Two folders must not meet in one place: files of the same name would be in conflict. It can't be a real mandate's. */
function mandateOf(root: string): string {
  const name = basename(root)
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  const mark = createHash("sha256").update(root).digest("hex").slice(0, 8);
  return ["TRIAL", ...(name === "" ? [] : [name.slice(0, 60)]), mark].join("-");
}

/** Whether a path is a folder, or lies below it. */
export function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`));
}
