import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ExhibitError } from "@exhibit/contracts";
import { badUse, exitCodes } from "../output/exit-codes.ts";
import { lockFile } from "./file-lock.ts";

/** The process that holds a folder. */
interface Holder {
  readonly pid: number;
  /** When the process started, in the kernel's ticks since boot; null where there is no /proc. */
  readonly started: string | null;
  readonly host?: string;
  /**
   * Identifies the running kernel: containers share it; another machine has another one, and so
   * does this machine after a reboot.
   */
  readonly kernel?: string | null;
  /** Grows while the holder is alive. */
  readonly beat?: number;
}

export interface DataLockOptions {
  /** Called with lines for people: why nothing happens yet, and what went wrong. */
  note?(line: string): void;
  /** Milliseconds between two beats. @defaultValue 4000 */
  beatEvery?: number;
}

export interface LockedFolder extends AsyncDisposable {
  /** Whether the folder was made just now. */
  readonly isNew: boolean;
}

/** How many beats a holder on another machine may be late. */
const MAX_MISSED_BEATS = 4;

/**
 * Makes a data folder for this user only and locks it against other processes: two processes would
 * ruin an embedded ledger. Throws REQUEST_INVALID while another process holds it, in this container
 * or another, and CONFIG_INVALID when it can't be written. The folder of a process that died on
 * this machine is free at once. For another machine (and for this one before a reboot) the system's
 * locks may be unknown, so its beat is watched first.
 */
export async function lockDataFolder(
  dataDir: string,
  { note = () => {}, beatEvery = 4000 }: DataLockOptions = {},
): Promise<LockedFolder> {
  const isNew = await makeFolder(dataDir);
  const path = join(dataDir, "up.lock");
  const own: Holder = {
    pid: process.pid,
    started: await startOf(process.pid),
    host: hostname(),
    kernel: await kernelOf(),
  };
  await using stack = new AsyncDisposableStack();
  const lock = lockOrFault(join(dataDir, "up.lock.db"));
  const holder = await holderIn(path);
  if (lock === undefined) throw taken(dataDir, holder);
  stack.use(lock);
  if (holder !== undefined) await checkIsGone(holder);
  await writeFile(path, JSON.stringify(own));
  stack.defer(() => rm(path, { force: true }));
  stack.defer(keepBeating());
  const held = stack.move();
  return { isNew, [Symbol.asyncDispose]: () => held.disposeAsync() };

  async function checkIsGone(other: Holder): Promise<void> {
    const isHere = (other.kernel ?? own.kernel) === own.kernel;
    if (isHere ? await isRunning(other) : await isBeating(other)) throw taken(dataDir, other);
  }

  async function isBeating(other: Holder): Promise<boolean> {
    const watch = MAX_MISSED_BEATS * beatEvery;
    note(
      `Process ${other.pid} of ${other.host} may still use ${dataDir}. Waiting ${watch / 1000} s to find out…`,
    );
    for (let watched = 0; watched < watch; watched += beatEvery / 4) {
      await pause(beatEvery / 4);
      if ((await holderIn(path))?.beat !== other.beat) return true;
    }
    return false;
  }

  /** Starts the beat and returns a function that stops it. */
  function keepBeating(): () => Promise<void> {
    let beats = 0;
    let beating = Promise.resolve();
    async function beat(): Promise<void> {
      const holder = await holderIn(path);
      // The ledger reports a folder that was removed and a disk that is full.
      if (holder === undefined) return;
      if (holder.pid !== own.pid || holder.kernel !== own.kernel) endAsLost(holder);
      beats += 1;
      await writeFile(path, JSON.stringify({ ...own, beat: beats })).catch(() => {});
    }
    const timer = setInterval(() => {
      beating = beating.then(beat);
    }, beatEvery);
    timer.unref();
    return () => {
      clearInterval(timer);
      return beating;
    };
  }

  /** Another machine took the folder while this one slept, so nothing more may be written. */
  function endAsLost(holder: Holder): never {
    note(`${taken(dataDir, holder).message} This process ends at once.`);
    process.exit(exitCodes.failed);
  }
}

/** Makes the folder, if needed, and returns whether it did. */
async function makeFolder(dataDir: string): Promise<boolean> {
  try {
    // It will name every file of every case, so nobody else may read it.
    return (await mkdir(dataDir, { recursive: true, mode: 0o700 })) !== undefined;
  } catch (thrown) {
    throw unusable(`The data folder ${dataDir} can't be made`, thrown);
  }
}

function lockOrFault(path: string): Disposable | undefined {
  try {
    return lockFile(path);
  } catch (thrown) {
    throw unusable(`The data folder can't be written or locked (${path})`, thrown);
  }
}

/**
 * The cause may be the system's `EACCES: permission denied, mkdir '/a'`, or SQLite's `unable to
 * open database file`.
 */
function unusable(fault: string, cause: unknown): ExhibitError {
  const said = cause instanceof Error ? cause.message.replace(/,[^,]*$/, "") : String(cause);
  const message = `${fault}: ${said}. Choose another one by EXHIBIT_DATA_DIR.`;
  return new ExhibitError("CONFIG_INVALID", message, { cause });
}

async function holderIn(path: string): Promise<Holder | undefined> {
  try {
    const holder: unknown = JSON.parse(await readFile(path, "utf8"));
    return isHolder(holder) ? holder : undefined;
  } catch {
    // Removed in the meantime, or incomplete.
    return undefined;
  }
}

function isHolder(value: unknown): value is Holder {
  return (
    typeof value === "object" && value !== null && "pid" in value && typeof value.pid === "number"
  );
}

/** A pid is reused after a while (in a container at once), so the start has to be the same, too. */
async function isRunning(holder: Holder): Promise<boolean> {
  if (holder.pid === process.pid) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: it is running, as another user.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  return (await startOf(holder.pid)) === (holder.started ?? null);
}

async function startOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The name in brackets may contain blanks; the start is the 22nd field, the 20th after the name.
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
}

async function kernelOf(): Promise<string | null> {
  const id = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => null);
  return id === null ? null : id.trim();
}

function taken(dataDir: string, holder: Holder | undefined): ExhibitError {
  const { pid = "unknown", host } = holder ?? {};
  const at = host === undefined || host === hostname() ? "" : ` of ${host}`;
  return badUse(
    `Another Exhibit (process ${pid}${at}) is using ${dataDir}. Stop it, or choose another folder for this one by EXHIBIT_DATA_DIR.`,
  );
}
