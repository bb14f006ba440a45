// biome-ignore lint/correctness/noUnresolvedImports: a module of Node that Biome doesn't know yet
import { DatabaseSync } from "node:sqlite";

/** SQLite's code for a file that another process has locked. */
const BUSY = 5;

/**
 * Locks a file for as long as this process lives, by the system's own locks, which Node offers nowhere but in SQLite. The
 * kernel knows the holder, so it holds between containers that share a volume, whatever their pids, and goes with its
 * holder, however that ends; on a network file system the server keeps it for all machines. Undefined while another
 * process has it. Throws what SQLite says when the file can't be written or locked.
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
