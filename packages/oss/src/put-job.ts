import type { Attempt } from "./attempts.ts";
import type { Control } from "./control.ts";
import type { DigesterPool } from "./digests.ts";
import type { Look } from "./existing.ts";
import type { ObjectCalls } from "./object-calls.ts";
import type { FileBody } from "./object-store.ts";
import type { Pass } from "./room.ts";
import type { Versioning } from "./versioning.ts";

/** One file on its way to one key, and what it takes to get it there. */
export interface PutJob {
  key: string;
  body: FileBody;
  signal: AbortSignal | undefined;
  onBytes: ((bytes: number) => void) | undefined;
  calls: ObjectCalls;
  control: Control;
  digesters: DigesterPool;
  attempt: Attempt;
  /** What requests with bytes wait at. */
  through: Pass;
  look: Look;
  versioning: Versioning;
}
