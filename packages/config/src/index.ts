export { type ExhibitConfig, loadConfig, parseConfig, secretsOf } from "./config.ts";
export type { DepositConfig } from "./deposits.ts";
export {
  type Environment,
  environmentNames,
  readDatabaseUrl,
  readEnvironment,
} from "./environment.ts";
export { type FoundConfig, findConfig } from "./find-config.ts";
export type { Proxies } from "./proxies.ts";
export { isPem, type StampConfig } from "./stamps.ts";
export type { Variables } from "./variables.ts";
