export { type Found, lookFor, type Probe, type ProbeOptions, probe } from "./api/probe.ts";
export { tooLarge } from "./body/part-plan.ts";
export { createObjectStore, type ObjectStoreOptions } from "./create-object-store.ts";
export { keyOf } from "./lease/object-key.ts";
export { isSameBucket } from "./lease/same-bucket.ts";
export type { LeaseHolder } from "./lease-holder.ts";
export type {
  ByteDigester,
  ListedObject,
  ObjectFacts,
  ObjectReading,
  ReadObject,
} from "./object-reading.ts";
export type {
  BucketPrefix,
  HeadFirst,
  IdenticalRules,
  ObjectStore,
  PutRequest,
  Receipt,
} from "./object-store.ts";
export { createHeadFirst } from "./put/head-first.ts";
export type { LeftUpload, UploadRecord } from "./upload-record.ts";
