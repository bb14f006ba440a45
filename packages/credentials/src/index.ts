export * from "./broker.ts";
export { type TopSignMethod, topSign, topSignMethods, topTimestamp } from "./gateways/top-sign.ts";
export * from "./lease.ts";
export * from "./lease-store.ts";
export * from "./registry.ts";
export * from "./vendor.ts";
