export {
  type ApiClient,
  createApiClient,
  type FileFilter,
  type ImportFilter,
} from "./api-client.ts";
