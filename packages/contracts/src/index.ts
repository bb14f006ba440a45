export * from "./acts.ts";
export * from "./bandwidth.ts";
export * from "./error-code.ts";
export * from "./errors.ts";
export * from "./imports.ts";
export * from "./own-hosts.ts";
export * from "./vendors.ts";
export * from "./waits.ts";
