export type { Readiness } from "./action.ts";
export { type ApiOptions, buildApi } from "./build-api.ts";
export type { DoorOptions } from "./door.ts";
