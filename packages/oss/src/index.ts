export type { FileBody, LeaseHolder, ObjectStore, PutRequest, Receipt } from "./object-store.ts";
export { createObjectStore, type ObjectStoreOptions } from "./store.ts";
