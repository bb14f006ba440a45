import type { ExhibitError } from "@exhibit/contracts";
import type { Bucket } from "@exhibit/credentials";
import type { Control } from "../api/multipart-calls.ts";
import type { ObjectCalls } from "../api/object-calls.ts";
import type { Attempt } from "../flow/retry.ts";
import type { Pass } from "../flow/semaphore.ts";
import type { FileBody } from "../object-store.ts";
import type { UploadRecord } from "../upload-record.ts";
import type { Look } from "./existing-object.ts";
import type { Expectation } from "./head-first.ts";
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
