export { type Probe, type ProbeOptions, probe } from "./api/probe.ts";
export { tooLarge } from "./body/part-reader.ts";
export { createObjectStore, type ObjectStoreOptions } from "./create-object-store.ts";
export { isSameBucket } from "./lease/same-bucket.ts";
export type {
  FileBody,
  LeaseHolder,
  ObjectStore,
  Piece,
  Place,
  PutRequest,
  Receipt,
} from "./object-store.ts";
export { createExpectation, type Expectation } from "./put/head-first.ts";
export type { AcknowledgedPart, LeftUpload, OpenUpload, UploadRecord } from "./upload-record.ts";
