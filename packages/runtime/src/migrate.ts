// An entry of its own: a command that migrates needs neither the queue nor the leases.
export { migrateLedger, SCHEMA_VERSION } from "@exhibit/ledger";
