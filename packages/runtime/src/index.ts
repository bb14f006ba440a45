export { migrateLedger, SCHEMA_VERSION } from "@exhibit/ledger";
export { acceptVendor } from "./accept-vendor.ts";
export { checkVendor, type VendorCheck } from "./check-vendor.ts";
export type { Readiness } from "./readiness.ts";
export { openServices, type Services, type ServicesOptions, type WorkerParts } from "./services.ts";
