export {
  type ApiClient,
  createApiClient,
  type FileFilter,
  type ImportFilter,
} from "./api-client.ts";
export { type FollowOptions, followImport } from "./follow-import.ts";
