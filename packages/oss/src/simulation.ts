/**
 * What a simulation of many workers runs of this package, instead of a copy: everything between a
 * file and the request that is made for it. Only the request itself is a model then (see `Sender`).
 */
export type { ObjectRequest, Sender } from "./api/sender.ts";
export { toStoreError } from "./api/store-error.ts";
export { crc64Combine } from "./body/crc64-combine.ts";
export { defaults } from "./create-object-store.ts";
export { type Admission, createAdmission } from "./flow/admission.ts";
export { observedSender } from "./flow/observed-sender.ts";
export { createRetry } from "./flow/retry.ts";
export { keyOf } from "./lease/object-key.ts";
