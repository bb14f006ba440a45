import { userInfo } from "node:os";

/** The person at this machine, for the record; undefined where the system has no name for them (some containers). */
export function actorOfSystem(): string | undefined {
  try {
    return userInfo().username || undefined;
  } catch {
    return undefined;
  }
}
