import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ExhibitError } from "@exhibit/contracts";
import { badUse } from "../exit-codes.ts";

interface Holder {
  pid: number;
  /** When the process began, in the kernel's ticks since boot; null where there is no /proc to ask. */
  started: string | null;
}

/**
 * Keeps a second process off a data folder: the embedded ledger is one process's own, and two would ruin it. Throws
 * REQUEST_INVALID when a process that still runs has the folder; the lock of one that died is taken over.
 */
export async function lockDataFolder(dataDir: string): Promise<AsyncDisposable> {
  const path = join(dataDir, "up.lock");
  const own: Holder = { pid: process.pid, started: await startOf(process.pid) };
  while (!(await createdAlone(path, own))) {
    // A file without a holder may be one that is being written this very moment.
    const holder = (await holderIn(path)) ?? (await pause(200).then(() => holderIn(path)));
    if (holder !== undefined && (await isRunning(holder))) throw taken(dataDir, holder);
    await rm(path, { force: true });
  }
  return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
}

async function createdAlone(path: string, own: Holder): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(own), { flag: "wx" });
    return true;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") return false;
    throw notWritable(path, cause);
  }
}

function notWritable(path: string, cause: unknown): ExhibitError {
  return new ExhibitError("CONFIG_INVALID", `The data folder can't be written: ${path}.`, {
    cause,
  });
}

async function holderIn(path: string): Promise<Holder | undefined> {
  try {
    const holder: unknown = JSON.parse(await readFile(path, "utf8"));
    return isHolder(holder) ? holder : undefined;
  } catch {
    // Gone in the meantime, or not whole.
    return undefined;
  }
}

function isHolder(value: unknown): value is Holder {
  return (
    typeof value === "object" && value !== null && "pid" in value && typeof value.pid === "number"
  );
}

/** A pid is given out again after a while (in a container at once), so the start has to be the same, too. */
async function isRunning(holder: Holder): Promise<boolean> {
  if (holder.pid === process.pid) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: it runs, and is somebody else's.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  return (await startOf(holder.pid)) === (holder.started ?? null);
}

async function startOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The name in brackets may hold blanks; the start is the 22nd field of all, the 20th after it.
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
}

function taken(dataDir: string, { pid }: Holder): ExhibitError {
  return badUse(
    `Another Exhibit (process ${pid}) is running on ${dataDir}. Stop that one, or give this one a folder of its own by EXHIBIT_DATA_DIR.`,
  );
}
