export { copyPglite, createDatabase, ledgerKinds } from "./databases.ts";
export { liftGuard } from "./lift-guard.ts";
export { testSealer } from "./sealer.ts";
export { idleReport } from "./worker-reports.ts";
