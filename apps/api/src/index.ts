export { type ApiOptions, buildApi } from "./build-api.ts";
export type { AccessOptions } from "./http/access-guard.ts";
