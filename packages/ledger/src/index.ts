export {
  type ApiKey,
  createApiKey,
  findApiKey,
  listApiKeys,
  type Rotation,
  readApiKey,
  revokeApiKey,
  rotateApiKey,
  touchApiKey,
} from "./access/api-keys.ts";
export { idOfKeyNamed, isAnyKeyValid } from "./access/known-keys.ts";
export { forgetOldPeople, notePerson } from "./access/known-people.ts";
export { listAccess } from "./access/list-access.ts";
export {
  createLoginAttempt,
  type LoginAttempt,
  takeLoginAttempt,
} from "./access/login-attempts.ts";
export { createLoginCode, type LoginCode, takeLoginCode } from "./access/login-codes.ts";
export { endOpenSession, listOpenSessions } from "./access/open-sessions.ts";
export {
  createSession,
  endSession,
  findSession,
  type NewSession,
  touchSession,
} from "./access/sessions.ts";
export { acceptDestination } from "./actions/accept-destination.ts";
export { cancelImport } from "./actions/cancel.ts";
export { changeImport } from "./actions/change-import.ts";
export { type Callback, createImport, perhapsCreated } from "./actions/create-import.ts";
export { pauseImport, resumeImport } from "./actions/pause-import.ts";
export { pauseVendor, readPausedVendors, resumeVendor } from "./actions/pause-vendor.ts";
export { recordBoardAct } from "./actions/record-board-act.ts";
export { type Exported, recordExport } from "./actions/record-export.ts";
export type { Reopened } from "./actions/reopen-failed.ts";
export { reopenByJob, reopenImport } from "./actions/retry.ts";
export { waiveFiles } from "./actions/waive.ts";
export type { By } from "./audit/audit.ts";
export { forgetOldReads, type Read, recordReads } from "./audit/reads.ts";
export type { CaseName } from "./cases/case-name.ts";
export { listCaseFolders } from "./cases/list-case-folders.ts";
export { type CaseQuery, listCases } from "./cases/list-cases.ts";
export { readCase } from "./cases/read-case.ts";
export { openEmbeddedLedger, openPglite } from "./database/embedded-ledger.ts";
export { type Migrated, migrateLedger, openPostgresLedger } from "./database/postgres-ledger.ts";
export { type AcceptedPlace, acceptPlace } from "./deployment/accept-place.ts";
export { deploymentOf } from "./deployment/deployment.ts";
export { type Entrant, enterWorld } from "./deployment/enter-world.ts";
export type { VendorPlaces } from "./deployment/vendor-places.ts";
export {
  type Answer,
  type CarriedOut,
  findCarriedOut,
  forgetOldAnswers,
  keepAnswer,
} from "./idempotency/kept-answers.ts";
export { actOnce, inFlight, type KeyedRequest } from "./idempotency/keyed-request.ts";
export type { Deployment, Ledger, SchemaState, World } from "./ledger.ts";
export { SCHEMA_VERSION } from "./migrations/index.ts";
export { addShards } from "./planning/add-files.ts";
export { finishPlanning } from "./planning/finish-planning.ts";
export { collisionOf } from "./planning/key-collisions.ts";
export { compareWithLast, type LastFolder, readLast } from "./planning/last-import.ts";
export type { OpenShard, PlannedFile, UnsendableEntry } from "./planning/planned-file.ts";
export { forgetWalkedFolders, listAwaitingRewalk } from "./planning/rewalk.ts";
export { addUnsendable } from "./planning/unsendable-entries.ts";
export { ledgerWithin } from "./scope.ts";
export { findStamped, journalOf } from "./sealing/covering.ts";
export {
  type ClaimedDeposit,
  claimDeposit,
  type DepositRules,
  depositsOf,
  type FoldersBeside,
  foldersBeside,
  giveBackDeposit,
  nextDeposit,
  openDeposits,
  pauseDeposit,
  pauseReceiver,
  receiversWithWork,
  recordDeposit,
  recordDepositRefusal,
  retryDeposits,
  type ThirdParty,
} from "./sealing/deposits.ts";
export { distrustSealKey, listSealKeys } from "./sealing/distrust.ts";
export { journalStamps, keepJournal } from "./sealing/journal.ts";
export { proveFile } from "./sealing/prove-file.ts";
export {
  findSeal,
  listRegister,
  readEntryOf,
  readSealOf,
  registerLines,
  type SealRecord,
  sealedList,
} from "./sealing/read-seal.ts";
export type { SealedEntry } from "./sealing/receipts.ts";
export { countIdentical, unstoredEntries } from "./sealing/receipts.ts";
export type { Sealer } from "./sealing/register.ts";
export { findUnsealed, sealEnded, sealImport } from "./sealing/seal.ts";
export { keyEntries, type SignedEntry, verificationEntries } from "./sealing/signed-entries.ts";
export {
  authoritiesWithWork,
  type ClaimedStamp,
  claimStamp,
  giveBackStamp,
  nextStamp,
  pauseAuthority,
  pendingStamps,
  readStamp,
  recordStamp,
  recordStampRefusal,
  retryStamp,
  type StampRoots,
  stampsOf,
} from "./sealing/stamps.ts";
export { type ShardState, shardStates } from "./states.ts";
export {
  fixDestination,
  isPlaceInUse,
  offerDestination,
  recordRetention,
} from "./storing/destinations.ts";
export {
  type FinishedShard,
  finishShard,
  readFinished,
  recordOldDigests,
} from "./storing/finish-shard.ts";
export { type Incident, recordIncidents } from "./storing/incidents.ts";
export {
  giveUpUpload,
  type LeftUpload,
  readLeftUploads,
  recordPart,
  recordUpload,
} from "./storing/multipart-uploads.ts";
export { isOnRecord, type ObjectOnRecord } from "./storing/on-record.ts";
export {
  findOrphanedUploads,
  forgetUpload,
  type OrphanedUpload,
  postponeAbort,
} from "./storing/orphaned-uploads.ts";
export { type NotStored, recordOutcomes, type StoredFile } from "./storing/outcomes.ts";
export {
  closeShard,
  isPlanned,
  isSuspect,
  openShard,
  recordSending,
  type ShardRow,
  type UnfinishedFile,
} from "./storing/shard-runs.ts";
export { type CheckedRegister, checkRegister } from "./verification/check-register.ts";
export { endVerification } from "./verification/end-verification.ts";
export { type Finding, findingLines } from "./verification/finding.ts";
export { beginDue, type Schedule } from "./verification/schedules.ts";
export { knownKeys, readPart } from "./verification/sealed-parts.ts";
export {
  cancelVerification,
  failVerification,
  findQuietVerifications,
  readVerificationWork,
  recordVerifiedPart,
  startVerification,
  type VerificationWork,
} from "./verification/verifications.ts";
export { verifyReceipts } from "./verification/verify-receipts.ts";
export { listFindings, listVerifications, readVerification } from "./verification/views.ts";
export {
  type AuditQuery,
  listAllAuditEvents,
  listAuditEvents,
  listKeyAuditEvents,
  listVendorAuditEvents,
  type WholeAuditQuery,
} from "./views/audit.ts";
export { readChangedFolders } from "./views/changes/changed-folders.ts";
export { type Movement, readMovement } from "./views/changes/movement.ts";
export { type FailureQuery, groupErrors, groupFailures } from "./views/failures.ts";
export { readFile } from "./views/files/file-details.ts";
export type { FileQuery } from "./views/files/file-filter.ts";
export { listFiles } from "./views/files/files.ts";
export { findFiles } from "./views/files/found-files.ts";
export { listTree, type TreeQuery } from "./views/files/tree.ts";
export { listFolders } from "./views/folders.ts";
export type { ImportQuery } from "./views/import-filter.ts";
export { listImports, readImport, readImports } from "./views/imports.ts";
export { listIncidents } from "./views/incidents.ts";
export type { Page } from "./views/paging.ts";
export { readRates } from "./views/rates/rates.ts";
export { listReads, type ReadQuery } from "./views/reads.ts";
export { listSuits } from "./views/suits.ts";
export { importsWithin, waitsWithin } from "./views/waits.ts";
export {
  listImportDeliveries,
  listWebhookDeliveries,
  readDelivery,
  redeliver,
} from "./webhooks/deliveries.ts";
export {
  addTest,
  changeEndpoint,
  createEndpoint,
  listEndpoints,
  type NewEndpoint,
  removeEndpoint,
  rotateEndpoint,
} from "./webhooks/endpoints.ts";
export { readWebhookLabels, type WebhookLabel } from "./webhooks/labels.ts";
export {
  type ClaimedDelivery,
  claimDelivery,
  forgetOldDeliveries,
  giveBackDelivery,
  nextDelivery,
  recordTry,
  type TryResult,
  webhooksWithWork,
  withholdDelivery,
} from "./webhooks/outbox.ts";
export { checkImport } from "./work/check-import.ts";
export { type FolderRow, readFolder, readSlots } from "./work/folders.ts";
export { foldersToWalk } from "./work/folders-to-walk.ts";
export { type LastImport, readLastImports } from "./work/imported-sources.ts";
export { openShards } from "./work/open-shards.ts";
export {
  answerQuestion,
  forgetOldQuestions,
  forgetQuestion,
  putQuestion,
  readAnswer,
  readQuestion,
  readQuestionLabels,
} from "./work/questions.ts";
export { findQuietImports, type OpenWork } from "./work/quiet-imports.ts";
export { readStoredBefore } from "./work/stored-before.ts";
export { readWaitingWork } from "./work/waiting-work.ts";
export { readWorkLabels, type WorkLabel } from "./work/work-labels.ts";
export { readWorkState, type ShardRun, type WorkState } from "./work/work-state.ts";
export { readBandwidth, setBwlimit } from "./workers/bandwidth.ts";
export { type Beat, beat, countOtherViews, countWorkers, deregister } from "./workers/heartbeat.ts";
export { listLeases } from "./workers/list-leases.ts";
export { listWorkers } from "./workers/list-workers.ts";
export { forgetOldProgress, type Moved, recordProgress } from "./workers/progress.ts";
export { type FleetWaits, groupWaits, readWaits } from "./workers/waits.ts";
export { recordWorkerFacts, type WorkerFacts } from "./workers/worker-facts.ts";
