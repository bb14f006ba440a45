import { randomUUID } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { mkdir, rename, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Environment } from "@exhibit/config";
import { ExhibitError, hostOf, hostOfName, isLoopback } from "@exhibit/contracts";
import type { Services } from "@exhibit/runtime";

/** Where an API keeps the key that it made for whoever started it. Only its user can read it. */
const FILE = "api-key";
/** The subfolder of the data folder in which a trial's data are. */
const TRIAL = "trial";

/**
 * Returns the keys that APIs on this machine made for themselves, the one of the latest start first.
 * They are for APIs of this machine alone: none is shown to another.
 */
export function ownKeysFor({
  dataDir,
  publicUrl,
}: Pick<Environment, "dataDir" | "publicUrl">): string[] {
  if (publicUrl !== undefined && !isLoopback(hostOf(new URL(publicUrl).host) ?? "")) return [];
  const folders = [dataDir, join(dataDir, TRIAL)];
  const found = folders.flatMap((folder) => keyIn(folder) ?? []);
  return found.toSorted((a, b) => b.writtenAt - a.writtenAt).map(({ key }) => key);
}

/**
 * Locks an API before it listens, and returns the key that it made for whoever starts it. It makes
 * one where only this machine can reach it and nobody has a key yet, and where everything is in this
 * process. Throws CONFIG_INVALID when others could reach it and nobody has a key.
 */
export async function lockApi(
  { ownKeys }: Pick<Services, "ownKeys">,
  { dataDir, databaseUrl, apiHost }: Pick<Environment, "dataDir" | "databaseUrl" | "apiHost">,
): Promise<string | undefined> {
  const held = keyIn(dataDir)?.key;
  const keepAs = async (name: string) => {
    const key = await ownKeys.keep(name, held);
    await writeKey(dataDir, key);
    return key;
  };
  if (databaseUrl === undefined) return await keepAs("local");
  const isAny = await ownKeys.isAny();
  if (!isLoopback(hostOfName(apiHost) ?? "")) {
    if (!isAny) throw isUnlocked(apiHost);
    return undefined;
  }
  // Several machines may run an API of one ledger, each with a key of its own.
  const name = `local-${hostname()}`.slice(0, MAX_NAME_LENGTH);
  return isAny && held === undefined ? undefined : await keepAs(name);
}

/** Characters that a key's name has at most. */
const MAX_NAME_LENGTH = 64;

function keyIn(folder: string): { key: string; writtenAt: number } | undefined {
  const path = join(folder, FILE);
  try {
    return { key: readFileSync(path, "utf8").trim(), writtenAt: statSync(path).mtimeMs };
  } catch {
    // There is none, or it is another user's.
    return undefined;
  }
}

/** Writes it whole or not at all; where it is already, only the time of this start is noted. */
async function writeKey(folder: string, key: string): Promise<void> {
  const path = join(folder, FILE);
  try {
    if (keyIn(folder)?.key === key) {
      const now = new Date();
      return await utimes(path, now, now);
    }
    await mkdir(folder, { recursive: true });
    const draft = `${path}.${randomUUID()}`;
    await writeFile(draft, `${key}\n`, { mode: 0o600, flag: "wx" });
    await rename(draft, path);
  } catch (cause) {
    throw cannotKeep(path, cause);
  }
}

function cannotKeep(path: string, cause: unknown): ExhibitError {
  const reason = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
  const message = `The API makes a key for itself, but can't keep it in ${path} (${reason}). Make that folder writable or choose another (EXHIBIT_DATA_DIR), or make a key for somebody: exhibit keys create.`;
  return new ExhibitError("CONFIG_INVALID", message, { cause });
}

function isUnlocked(host: string): ExhibitError {
  const message = `The API would listen on ${host}, where other machines can reach it, but nobody has a key yet, so nobody could use it. Make the first one: exhibit keys create NAME --role admin. Or listen on 127.0.0.1 (EXHIBIT_API_HOST), where the API makes a key for itself.`;
  return new ExhibitError("CONFIG_INVALID", message);
}
