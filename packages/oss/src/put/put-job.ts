import type { ExhibitError, FileBody } from "@exhibit/contracts";
import type { Bucket } from "@exhibit/credentials";
import type { MultipartCalls } from "../api/multipart-calls.ts";
import type { ObjectCalls } from "../api/object-calls.ts";
import type { Retry } from "../flow/retry.ts";
import type { Limiter } from "../flow/semaphore.ts";
import type { HeadFirst } from "../object-store.ts";
import type { HeadObject } from "../proof/head-object.ts";
import type { Proving } from "../proof/identical.ts";
import type { UploadRecord } from "../upload-record.ts";
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
  multipartCalls: MultipartCalls;
  retry: Retry;
  /** Admits requests with bytes. */
  limiter: Limiter;
  headObject: HeadObject;
  headFirst: HeadFirst;
  /** How an object that is there already is proved to be the file. */
  proving: Pick<Proving, "rules" | "read">;
  versioning: Versioning;
}
