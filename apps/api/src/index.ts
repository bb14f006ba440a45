export type { AccessOptions } from "./access/access-guard.ts";
export { type ApiOptions, buildApi } from "./build-api.ts";
