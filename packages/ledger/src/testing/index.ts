export { copyPglite, createDatabase, ledgerKinds } from "./databases.ts";
export { idleReport } from "./worker-reports.ts";
