export { sandboxAccount, sandboxOwner } from "./accounts.ts";
export type { OrderedFault } from "./faults/fault-list.ts";
export type { Hold } from "./faults/hold.ts";
export type { GatewayControl } from "./gateway/gateway.ts";
export type { GatewayCall } from "./gateway/gateway-call.ts";
export type { GatewayFaultOrder } from "./gateway/gateway-fault.ts";
export type { GatewayMoveOrder } from "./gateway/gateway-move.ts";
export type { VendorName } from "./gateway/vendors/index.ts";
export type { UploadUrls } from "./gateway/vendors/vendor.ts";
export type { OssFaultOrder, OssMatch } from "./oss/faults/oss-fault.ts";
export type { OssControl, OssEntry } from "./oss/oss.ts";
export type { JournalLine } from "./oss/storage/object-journal.ts";
export { ODD_FOLDER, oddName } from "./oss/storage/object-place.ts";
export type { UploadSummary } from "./oss/storage/open-uploads.ts";
export type { RequestLog } from "./request-log.ts";
export { type Sandbox, type SandboxOptions, startSandbox } from "./start-sandbox.ts";
export type { Policy } from "./tokens/policy.ts";
export { type TemporaryKey, uploaderActions } from "./tokens/token-issuer.ts";
export {
  type Authority,
  type AuthorityControl,
  openAuthority,
  type StampFaultOrder,
  type StampMood,
} from "./tsa/authority.ts";
