export { copyPglite, createDatabase, ledgerKinds } from "./databases.ts";
