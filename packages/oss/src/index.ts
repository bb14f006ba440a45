export { createExpectation, type Expectation } from "./expectation.ts";
export type {
  FileBody,
  LeaseHolder,
  ObjectStore,
  Piece,
  Place,
  PutRequest,
  Receipt,
} from "./object-store.ts";
export { tooLarge } from "./part-reader.ts";
export { type Probe, type ProbeOptions, probe } from "./probe.ts";
export { isSameBucket } from "./same-bucket.ts";
export { createObjectStore, type ObjectStoreOptions } from "./store.ts";
export type { AcknowledgedPart, LeftUpload, OpenUpload, UploadRecord } from "./uploads.ts";
