import { randomUUID } from "node:crypto";
import { link, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ExhibitError } from "@exhibit/contracts";
import { badUse } from "../output/exit-codes.ts";

/** Takes a part of a text and resolves when there is room for more. */
export type Send = (text: string) => Promise<void>;
/** Does the same with a part of any file. */
type SendBytes = (part: string | Uint8Array) => Promise<void>;

/**
 * Writes a file that appears under its name only when it is complete; `fill` sends its content. An
 * existing file is replaced only with `replace`. Throws REQUEST_INVALID (bad use), and the errors
 * of `fill`; in both cases nothing is left behind.
 */
export async function writeWholeFile(
  path: string,
  { replace }: { replace: boolean },
  fill: (send: SendBytes) => Promise<void>,
): Promise<void> {
  await checkPlace(path, replace);
  // In the same folder, so that it can be renamed.
  const part = join(dirname(path), `.exhibit-${randomUUID()}.part`);
  try {
    await fillFile(part, fill);
    await (replace ? rename(part, path) : giveFreeName(part, path));
  } catch (thrown) {
    throw isErrno(thrown) ? unwritable(path, thrown) : thrown;
  } finally {
    await rm(part, { force: true });
  }
}

async function fillFile(path: string, fill: (send: SendBytes) => Promise<void>): Promise<void> {
  await using file = await open(path, "wx");
  await fill((part) => file.writeFile(part));
  await file.sync();
}

async function checkPlace(path: string, replace: boolean): Promise<void> {
  const found = await stat(path).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT") return undefined;
    throw unwritable(path, thrown);
  });
  if (found === undefined) return;
  if (!found.isFile()) throw badUse(`${path} exists and isn't a file.`);
  if (!replace) throw taken(path);
}

/** Links instead of renaming, because a link can't replace a file that has been made meanwhile. */
async function giveFreeName(part: string, path: string): Promise<void> {
  await link(part, path).catch(async (thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "EEXIST") throw taken(path);
    // The file system has no links, like that of many USB sticks.
    await checkPlace(path, false);
    await rename(part, path);
  });
}

function taken(path: string): ExhibitError {
  return badUse(`${path} exists already; --force replaces it.`);
}

function unwritable(path: string, cause: NodeJS.ErrnoException): ExhibitError {
  return new ExhibitError("REQUEST_INVALID", `${path} can't be written (${cause.code}).`, {
    cause,
  });
}

function isErrno(thrown: unknown): thrown is NodeJS.ErrnoException {
  return thrown instanceof Error && "errno" in thrown;
}
