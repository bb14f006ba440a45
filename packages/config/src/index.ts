export { type ExhibitConfig, loadConfig, parseConfig, secretsOf } from "./config.ts";
export { type Environment, readEnvironment, type Variables } from "./environment.ts";
