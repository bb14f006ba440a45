// biome-ignore lint/correctness/noUnresolvedImports: a module of Node that Biome doesn't know yet
import { DatabaseSync } from "node:sqlite";

/** SQLite's code for a file that another process has locked. */
const BUSY = 5;

/**
 * Locks a file for as long as this process lives, by the system's own locks, which Node offers only
 * through SQLite. The kernel knows the holder, so the lock works between containers that share a
 * volume, and it ends with its holder, however that ends. On a network file system the server keeps
 * it for all machines. Returns undefined while another process holds it. Throws SQLite's error when
 * the file can't be written or locked.
 */
export function lockFile(path: string): Disposable | undefined {
  const database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (thrown) {
    database.close();
    if (thrown instanceof Error && "errcode" in thrown && thrown.errcode === BUSY) return undefined;
    throw thrown;
  }
  return { [Symbol.dispose]: () => database.close() };
}
