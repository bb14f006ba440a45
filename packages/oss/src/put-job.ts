import type { ExhibitError } from "@exhibit/contracts";
import type { Bucket } from "@exhibit/credentials";
import type { Attempt } from "./attempts.ts";
import type { Control } from "./control.ts";
import type { Look } from "./existing.ts";
import type { Expectation } from "./expectation.ts";
import type { ObjectCalls } from "./object-calls.ts";
import type { FileBody } from "./object-store.ts";
import type { Pass } from "./room.ts";
import type { UploadRecord } from "./uploads.ts";
import type { Versioning } from "./versioning.ts";

/** One file on its way to one key, and what it takes to get it there. */
export interface PutJob {
  key: string;
  bucket: Bucket;
  body: FileBody;
  /** Milliseconds since the epoch. */
  modifiedAt: number | undefined;
  signal: AbortSignal | undefined;
  onBytes: ((bytes: number) => void) | undefined;
  onIncident: ((incident: ExhibitError) => void) | undefined;
  uploads: UploadRecord | undefined;
  calls: ObjectCalls;
  control: Control;
  attempt: Attempt;
  /** What requests with bytes wait at. */
  through: Pass;
  look: Look;
  expectation: Expectation;
  versioning: Versioning;
}
