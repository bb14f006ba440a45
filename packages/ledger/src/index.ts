export { acceptDestination } from "./actions/accept-destination.ts";
export * from "./actions/cancel.ts";
export * from "./actions/pause.ts";
export type { Reopened } from "./actions/reopen-failed.ts";
export * from "./actions/retry.ts";
export * from "./actions/waive.ts";
export { type By, listActs, listVendorActs } from "./audit/audit.ts";
export type { SchemaState } from "./database/migrate.ts";
export { type AcceptedPlace, acceptPlace } from "./deployment/accept-place.ts";
export { type Deployment, deploymentOf, type World } from "./deployment/deployment.ts";
export { type Entrant, enterWorld } from "./deployment/enter-world.ts";
export type { VendorPlaces } from "./deployment/vendor-places.ts";
export {
  type Ledger,
  type Migrated,
  migrateLedger,
  openEmbeddedLedger,
  openPglite,
  openPostgresLedger,
} from "./ledger.ts";
export { SCHEMA_VERSION } from "./migrations/index.ts";
export * from "./planning/add-files.ts";
export * from "./planning/finish-planning.ts";
export * from "./planning/last-import.ts";
export { forgetFolders, listLookedFor } from "./planning/rewalk.ts";
export { sealImport } from "./sealing/seal.ts";
export {
  type Destination,
  fixDestination,
  isPlaceInUse,
  offerDestination,
} from "./storing/destinations.ts";
export { type Incident, listIncidents, recordIncidents } from "./storing/incidents.ts";
export * from "./storing/multipart-uploads.ts";
export * from "./storing/orphaned-uploads.ts";
export * from "./storing/outcomes.ts";
export * from "./storing/shards.ts";
export * from "./views/files.ts";
export * from "./views/folders.ts";
export * from "./views/imports.ts";
export type { Page } from "./views/paging.ts";
export * from "./work/quiet-imports.ts";
export * from "./work/work-labels.ts";
export * from "./workers/bandwidth.ts";
export { type FleetWaits, readWaits, together } from "./workers/waits.ts";
export * from "./workers/worker-facts.ts";
