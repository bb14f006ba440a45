export { type AddressPolicy, checkUrl } from "./address/check-url.ts";
export type { OwnPlace } from "./address/own-places.ts";
export { isRange } from "./address/ranges.ts";
export { bytesAtMost } from "./http/bytes-at-most.ts";
export type { SafeRequest, SafeResponse } from "./http/exchange.ts";
export { createSafeFetch, type SafeFetch, type SafeFetchOptions } from "./safe-fetch.ts";
