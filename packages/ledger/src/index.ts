export * from "./abandoning.ts";
export { type AcceptedPlace, acceptPlace } from "./accepting.ts";
export { acceptDestination } from "./accepting-destinations.ts";
export { type By, listActs, listVendorActs } from "./acts.ts";
export * from "./adding.ts";
export * from "./bandwidth.ts";
export * from "./cancelling.ts";
export * from "./comparing.ts";
export { type Deployment, deploymentOf, type World } from "./deployment.ts";
export {
  type Destination,
  fixDestination,
  isPlaceInUse,
  offerDestination,
} from "./destinations.ts";
export { type Entrant, enterWorld } from "./entering.ts";
export * from "./file-views.ts";
export * from "./folder-views.ts";
export * from "./import-views.ts";
export { type Incident, listIncidents, recordIncidents } from "./incidents.ts";
export {
  type Ledger,
  type Migrated,
  migrateLedger,
  openEmbeddedLedger,
  openPglite,
  openPostgresLedger,
} from "./ledger.ts";
export { forgetFolders, listLookedFor } from "./looked-for.ts";
export type { SchemaState } from "./migrating.ts";
export { SCHEMA_VERSION } from "./migrations/index.ts";
export * from "./outcomes.ts";
export type { Page } from "./pages.ts";
export * from "./pausing.ts";
export * from "./planning.ts";
export * from "./reconciling.ts";
export type { Reopened } from "./reopening.ts";
export * from "./retrying.ts";
export { sealImport } from "./sealing.ts";
export * from "./shards.ts";
export * from "./uploads.ts";
export type { VendorPlaces } from "./vendor-places.ts";
export { type FleetWaits, readWaits, together } from "./waits.ts";
export * from "./waiving.ts";
export * from "./work-labels.ts";
export * from "./worker-facts.ts";
