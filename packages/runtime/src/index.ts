export { acceptVendor } from "./accept-vendor.ts";
export { atMostEvery } from "./at-most-every.ts";
export { boundHeap } from "./bounded-heap.ts";
export { observeDeposits, observeStamps, observeWindows } from "./gauges.ts";
export type { Readiness } from "./readiness.ts";
export { openServices, type Services, type ServicesOptions, type WorkerParts } from "./services.ts";
