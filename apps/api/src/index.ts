export type { AccessOptions } from "./access/access-guard.ts";
export { type ApiOptions, buildApi, MAX_CONNECTIONS } from "./build-api.ts";
