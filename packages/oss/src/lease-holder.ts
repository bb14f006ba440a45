import type { Lease } from "@exhibit/credentials";

/** Hands out the folder's lease, which all files that go into the folder share. */
export interface LeaseHolder {
  /** Returns the current lease, valid for at least `minimumRemaining` milliseconds more. */
  current(options?: { minimumRemaining?: number }): Promise<Lease>;
  /** Returns another lease than the one that OSS refused. */
  replace(refused: Lease): Promise<Lease>;
}
