export { migrateLedger, SCHEMA_VERSION } from "@exhibit/ledger";
export { acceptVendor } from "./accept-vendor.ts";
export { checkVendor, type VendorCheck } from "./check-vendor.ts";
export { openServices, type Services, type ServicesOptions } from "./services.ts";
export { type RunningWorker, startWorker, type WorkerDependencies } from "./worker.ts";
