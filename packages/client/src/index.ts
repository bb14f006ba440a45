export {
  type ApiClient,
  type AuditFilter,
  type CaseName,
  type CreateOptions,
  createApiClient,
  type FileFilter,
  type ImportFilter,
  type ReadFilter,
} from "./api-client.ts";
export { type FollowAllOptions, followAll } from "./follow-all.ts";
export { type FollowOptions, followImport } from "./follow-import.ts";
export type { HttpOptions } from "./http.ts";
export { toArray } from "./to-array.ts";
