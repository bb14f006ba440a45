import { userInfo } from "node:os";

/**
 * Returns the user of this process, for the audit log; undefined where the system has no name for
 * them (in some containers).
 */
export function actorOfSystem(): string | undefined {
  try {
    return userInfo().username || undefined;
  } catch {
    return undefined;
  }
}
