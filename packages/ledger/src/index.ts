export { type Ledger, openEmbeddedLedger, openPglite, openPostgresLedger } from "./ledger.ts";
export * from "./planning.ts";
export * from "./reconciling.ts";
export * from "./retrying.ts";
export * from "./sealing.ts";
export * from "./storing.ts";
export * from "./views.ts";
