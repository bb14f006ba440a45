export * from "./fake-api.ts";
export * from "./file-views.ts";
export * from "./import-views.ts";
export * from "./key-views.ts";
export * from "./webhook-views.ts";
