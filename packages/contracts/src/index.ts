export * from "./errors.ts";
export * from "./imports.ts";
