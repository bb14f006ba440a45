import { chmodSync, mkdtempSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { freemem, tmpdir } from "node:os";
import { join } from "node:path";

const GiB = 1024 ** 3;
/** Bytes that have to be free, in memory and in the file system that is in memory. */
const PLENTY = 8 * GiB;
const NAME = /^exhibit-test-(\d+)-/;

/**
 * Creates the folder in which a run keeps its databases and files, and returns how to remove it, too. Tests create and remove
 * a hundred thousand files, which is a fifth of their time on a disk; so it is in memory where there is plenty of that.
 *
 * What runs that were killed left in memory is removed.
 */
export function createScratchFolder({
  inMemory = "/dev/shm",
  free = freemem(),
  onDisk = tmpdir(),
} = {}) {
  const parent = free >= PLENTY && freeIn(inMemory) >= PLENTY ? inMemory : onDisk;
  removeLeftovers(parent);
  const path = mkdtempSync(join(parent, `exhibit-test-${process.pid}-`));
  // Postgres runs as a user of its own.
  chmodSync(path, 0o755);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Returns the bytes that are free in a file system; 0 if there is none. */
function freeIn(folder) {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return 0;
  }
}

function removeLeftovers(parent) {
  for (const name of readdirSync(parent)) {
    const pid = NAME.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      rmSync(join(parent, name), { recursive: true, force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
