export type { AccessList } from "./access/access-list.ts";
export { type Access, createAccess } from "./access/create-access.ts";
export { createKeys, type KeyMaker, type Keys, whyNoKeys, whyNotMade } from "./access/keys.ts";
export { createPeople, type People } from "./access/people.ts";
export type { LoginPlace, LoginProof, OpenedSession, Sessions } from "./access/sessions.ts";
export { type Bandwidth, createBandwidth, NO_LIMIT } from "./control/bandwidth.ts";
export { type Cases, createCases } from "./control/cases.ts";
export type { BagTar } from "./control/custody/bags.ts";
export { isReportName, type ReportName, reportNames } from "./control/custody/reports.ts";
export { createSeals, type SealPart, type Seals, sealParts } from "./control/custody/seals.ts";
export { createFleet, type Fleet } from "./control/fleet.ts";
export { createImports, type Imports, type ImportsDependencies } from "./control/imports.ts";
export { createJobLabels, type JobLabels } from "./control/job-labels.ts";
export {
  type Answer,
  type CarriedOut,
  createKeptAnswers,
  inFlight,
  type KeptAnswers,
  type KeyedRequest,
} from "./control/kept-answers.ts";
export { type AuditLog, createAuditLog } from "./control/records/audit-log.ts";
export { type BoardRecord, createBoardRecord } from "./control/records/board-record.ts";
export { createReadRecord, type ReadRecord } from "./control/records/read-record.ts";
export type { Scoped } from "./control/scoped.ts";
export { createFolders, type Folders } from "./control/source-folders.ts";
export {
  createVendorControl,
  type VendorControl,
  type VendorControlDependencies,
} from "./control/vendors.ts";
export {
  createWebhooks,
  type WebhookOwner,
  type Webhooks,
  type WebhooksDependencies,
} from "./control/webhooks.ts";
export { type DepositParts, deposit } from "./deposits/deposit.ts";
export type { MailToTell } from "./deposits/tell.ts";
export { createMeter, type Meter } from "./fleet/meter.ts";
export { createSight, type Sight } from "./fleet/sight.ts";
export { createWaits, type Waits } from "./fleet/waits.ts";
export { enqueueOpenWork, quietMsOf } from "./maintenance/enqueue-open-work.ts";
export { type ReconcileDependencies, reconcile } from "./maintenance/reconcile.ts";
export { type PlanDependencies, planFolder } from "./planning/plan-folder.ts";
export { type AnswerDependencies, answer } from "./questions/answer.ts";
export { type Ask, createAsk } from "./questions/ask.ts";
export type { Asker } from "./questions/question.ts";
export type { StampAuthority } from "./sealing/ask-authority.ts";
export { type AuthorityCheck, checkAuthority } from "./sealing/check-authority.ts";
export { seal } from "./sealing/seal.ts";
export { type StampParts, stamp } from "./sealing/stamp.ts";
export { type ByteBudget, createByteBudget } from "./storing/byte-budget.ts";
export { oneAtATime, type StoreDependencies, storeShard } from "./storing/store-shard.ts";
export { type VerifyDependencies, verify } from "./verification/verify.ts";
export { type DeliverDependencies, deliver } from "./webhooks/deliver.ts";
export { createWebhookSecrets, type WebhookSecrets } from "./webhooks/secrets.ts";
