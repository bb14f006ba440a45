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
  /** For people: what it is and where it is. */
  name: string;
  /** The folder that has to be among the readable roots. */
  root: string;
  request: ImportRequest;
  /** Why it is stored where it is, when that isn't obvious. */
  remark?: string | undefined;
}

/** Returns the sample case, which is made first if needed. */
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
 * Returns a folder of the user's own, as the evidence of an entrust id of its own. A folder that is
 * laid out as a case maps itself, as with `exhibit import`; any other goes to the entrust folder as
 * a whole. Throws REQUEST_INVALID.
 */
export async function ownEvidence(path: string, dataDir: string): Promise<Evidence> {
  const given = resolve(path);
  await checkFolder(given);
  const root = await realpath(given);
  // Storing would add files to the folder that is being walked, without end.
  if (isWithin(await realpath(dataDir), root)) {
    throw badUse(
      `${root} holds Exhibit's own data (${dataDir}); choose another folder for that by EXHIBIT_DATA_DIR.`,
    );
  }
  const { folders, remark } = await foldersOf(root);
  return {
    name: root,
    root,
    request: { entrust_id: entrustIdOf(root), suit_ids: [], folders },
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
      remark: `It is stored in one folder as a whole, because exhibit import would refuse it: ${thrown.message}`,
    };
  }
}

/**
 * Returns an entrust id for this folder alone, so that files of different folders don't conflict.
 * It can't be a real one.
 */
function entrustIdOf(root: string): string {
  const name = basename(root)
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  const mark = createHash("sha256").update(root).digest("hex").slice(0, 8);
  return ["TRIAL", ...(name === "" ? [] : [name.slice(0, 60)]), mark].join("-");
}

/** Whether a path is a folder or within it. */
export function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`));
}
