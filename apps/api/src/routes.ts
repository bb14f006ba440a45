import { ExhibitError, type Role } from "@exhibit/contracts";
import type { FastifyInstance, FastifySchema } from "fastify";
import { createMay } from "./access/may.ts";
import type { Needs } from "./access/needs.ts";
import type { Action, ActionContext, Again } from "./action/action.ts";
import { actorHeaders, keyedHeaders } from "./action/actor.ts";
import { onRecord } from "./action/on-record.ts";
import { admitLargeBodies, LARGE_BODY_LIMIT } from "./http/body-sizes.ts";
import { createCompression } from "./http/compression.ts";
import { tagged } from "./http/entity-tags.ts";
import { createAnswerOnce, type Once } from "./idempotency/answer-once.ts";
import { operationIdOf } from "./pages/openapi.ts";
import { createKey } from "./routes/access/create-key.ts";
import { listAccess } from "./routes/access/list-access.ts";
import { listKeyAudit } from "./routes/access/list-key-audit.ts";
import { listKeys } from "./routes/access/list-keys.ts";
import { revokeKey } from "./routes/access/revoke-key.ts";
import { rotateKey } from "./routes/access/rotate-key.ts";
import { listSessions, revokeSession } from "./routes/access/sessions.ts";
import { whoAmI } from "./routes/access/who-am-i.ts";
import { listAudit } from "./routes/audit/list-audit.ts";
import { listReads } from "./routes/audit/list-reads.ts";
import { getCase, getSuit } from "./routes/cases/get-case.ts";
import { listCaseFolders, listSuitFolders } from "./routes/cases/list-case-folders.ts";
import { listCases } from "./routes/cases/list-cases.ts";
import { cancelVerification } from "./routes/custody/cancel-verification.ts";
import { checkRegister } from "./routes/custody/check-register.ts";
import { exportBag } from "./routes/custody/export-bag.ts";
import { getRegisterEntry } from "./routes/custody/get-register-entry.ts";
import { getSeal } from "./routes/custody/get-seal.ts";
import {
  getSealJournal,
  getSealJournalStamp,
  getSealPart,
  getSealStamp,
} from "./routes/custody/get-seal-part.ts";
import { getVerification } from "./routes/custody/get-verification.ts";
import { listFindings } from "./routes/custody/list-findings.ts";
import { listRegister } from "./routes/custody/list-register.ts";
import { listVerifications } from "./routes/custody/list-verifications.ts";
import { proveFile } from "./routes/custody/prove-file.ts";
import { retryDeposits } from "./routes/custody/retry-deposits.ts";
import { retryStamp } from "./routes/custody/retry-stamp.ts";
import { distrustSealKey, listSealKeys } from "./routes/custody/seal-keys.ts";
import { startVerification } from "./routes/custody/start-verification.ts";
import { listFailures } from "./routes/failures/list-failures.ts";
import { retryFailures } from "./routes/failures/retry-failures.ts";
import { waiveFailures } from "./routes/failures/waive-failures.ts";
import { followAll } from "./routes/fleet/follow-all.ts";
import { listQueues } from "./routes/fleet/list-queues.ts";
import { listWorkers } from "./routes/fleet/list-workers.ts";
import { readImportRates, readRates } from "./routes/fleet/read-rates.ts";
import { acceptDestination } from "./routes/imports/actions/accept-destination.ts";
import { cancelImport } from "./routes/imports/actions/cancel-import.ts";
import { changeImport } from "./routes/imports/actions/change-import.ts";
import { pauseImport } from "./routes/imports/actions/pause-import.ts";
import { resumeImport } from "./routes/imports/actions/resume-import.ts";
import { retryImport } from "./routes/imports/actions/retry-import.ts";
import { waiveFiles } from "./routes/imports/actions/waive-files.ts";
import { createImport } from "./routes/imports/create-import.ts";
import { exportCsv, exportNdjson } from "./routes/imports/export-files.ts";
import { findFiles } from "./routes/imports/find-files.ts";
import { followImport } from "./routes/imports/follow-import.ts";
import { getFile } from "./routes/imports/get-file.ts";
import { getImport } from "./routes/imports/get-import.ts";
import { listErrors } from "./routes/imports/list-errors.ts";
import { listFiles } from "./routes/imports/list-files.ts";
import { listFolders } from "./routes/imports/list-folders.ts";
import { listImportAudit } from "./routes/imports/list-import-audit.ts";
import { listImports } from "./routes/imports/list-imports.ts";
import { listIncidents } from "./routes/imports/list-incidents.ts";
import { listSuits } from "./routes/imports/list-suits.ts";
import { listTree } from "./routes/imports/list-tree.ts";
import { runDry } from "./routes/imports/run-dry.ts";
import { readBandwidth, setBandwidth } from "./routes/operations/bandwidth.ts";
import { health } from "./routes/operations/health.ts";
import { listErrorCodes } from "./routes/operations/list-error-codes.ts";
import { readiness } from "./routes/operations/readiness.ts";
import { startPage } from "./routes/operations/start-page.ts";
import { listSourceFolders } from "./routes/sources/list-source-folders.ts";
import { checkVendor } from "./routes/vendors/check-vendor.ts";
import { listLeases } from "./routes/vendors/list-leases.ts";
import { listVendorAudit } from "./routes/vendors/list-vendor-audit.ts";
import { listVendors } from "./routes/vendors/list-vendors.ts";
import { pauseVendor } from "./routes/vendors/pause-vendor.ts";
import { resumeVendor } from "./routes/vendors/resume-vendor.ts";
import { changeWebhook } from "./routes/webhooks/change-webhook.ts";
import { createWebhook } from "./routes/webhooks/create-webhook.ts";
import { getDelivery } from "./routes/webhooks/get-delivery.ts";
import { listImportDeliveries } from "./routes/webhooks/list-import-deliveries.ts";
import { listWebhookDeliveries } from "./routes/webhooks/list-webhook-deliveries.ts";
import { listWebhooks } from "./routes/webhooks/list-webhooks.ts";
import { redeliver } from "./routes/webhooks/redeliver.ts";
import { removeWebhook } from "./routes/webhooks/remove-webhook.ts";
import { rotateWebhook } from "./routes/webhooks/rotate-webhook.ts";
import { testWebhook } from "./routes/webhooks/test-webhook.ts";

/**
 * The whole HTTP surface, except for the pages at /docs and /queues: method, path, the least role that
 * it needs, and what it does.
 */
export const routes: readonly Route[] = [
  ["POST", "/v1/imports", "producer", createImport],
  ["GET", "/v1/imports", "viewer", listImports],
  ["GET", "/v1/imports/:id", "viewer", getImport],
  ["PATCH", "/v1/imports/:id", "producer", changeImport],
  ["GET", "/v1/imports/:id/folders", "viewer", listFolders],
  ["GET", "/v1/imports/:id/folders/:folder_id/tree", "viewer", listTree],
  ["GET", "/v1/imports/:id/suits", "viewer", listSuits],
  ["GET", "/v1/imports/:id/files", "viewer", listFiles],
  ["GET", "/v1/imports/:id/files/:file_id", "viewer", getFile],
  ["GET", "/v1/imports/:id/files/:file_id/proof", "viewer", proveFile],
  ["GET", "/v1/imports/:id/files.ndjson", "viewer", exportNdjson],
  ["GET", "/v1/imports/:id/files.csv", "viewer", exportCsv],
  ["GET", "/v1/imports/:id/errors", "viewer", listErrors],
  ["GET", "/v1/imports/:id/events", "viewer", followImport],
  ["GET", "/v1/imports/:id/rates", "viewer", readImportRates],
  ["GET", "/v1/imports/:id/audit", "viewer", listImportAudit],
  ["GET", "/v1/imports/:id/incidents", "viewer", listIncidents],
  ["GET", "/v1/imports/:id/deliveries", "viewer", listImportDeliveries],
  ["GET", "/v1/imports/:id/seal", "viewer", getSeal],
  ["GET", "/v1/imports/:id/seal/:part", "viewer", getSealPart],
  ["POST", "/v1/imports/:id/exports", "producer", exportBag],
  ["GET", "/v1/imports/:id/seal/stamps/:stamp", "viewer", getSealStamp],
  ["GET", "/v1/imports/:id/seal/journal/:file", "viewer", getSealJournal],
  ["GET", "/v1/imports/:id/seal/journal/stamps/:stamp", "viewer", getSealJournalStamp],
  ["POST", "/v1/imports/:id/retry", "producer", retryImport],
  ["POST", "/v1/imports/:id/cancel", "producer", cancelImport],
  ["POST", "/v1/imports/:id/waive", "producer", waiveFiles],
  ["POST", "/v1/imports/:id/folders/:folder_id/accept-destination", "producer", acceptDestination],
  ["POST", "/v1/imports/:id/pause", "producer", pauseImport],
  ["POST", "/v1/imports/:id/resume", "producer", resumeImport],
  ["POST", "/v1/imports/:id/verifications", "producer", startVerification],
  ["GET", "/v1/imports/:id/verifications", "viewer", listVerifications],
  ["GET", "/v1/verifications/:number", "viewer", getVerification],
  ["GET", "/v1/verifications/:number/findings", "viewer", listFindings],
  ["POST", "/v1/verifications/:number/cancel", "producer", cancelVerification],
  ["GET", "/v1/register", "viewer", listRegister],
  ["GET", "/v1/register/check", "viewer", checkRegister],
  ["GET", "/v1/register/keys", "viewer", listSealKeys],
  ["POST", "/v1/register/keys/:key/distrust", "admin", distrustSealKey],
  ["GET", "/v1/register/:number", "viewer", getRegisterEntry],
  ["POST", "/v1/register/:number/stamps/:authority/retry", "ops", retryStamp],
  ["POST", "/v1/register/:number/deposits/retry", "ops", retryDeposits],
  ["GET", "/v1/files", "viewer", findFiles],
  ["GET", "/v1/failures", "viewer", listFailures],
  ["POST", "/v1/failures/retry", "producer", retryFailures],
  ["POST", "/v1/failures/waive", "producer", waiveFailures],
  ["GET", "/v1/cases", "viewer", listCases],
  ["GET", "/v1/cases/:entrust_id", "viewer", getCase],
  ["GET", "/v1/cases/:entrust_id/folders", "viewer", listCaseFolders],
  ["GET", "/v1/suits/:suit_id", "viewer", getSuit],
  ["GET", "/v1/suits/:suit_id/folders", "viewer", listSuitFolders],
  ["POST", "/v1/dry-runs", "producer", runDry],
  ["GET", "/v1/sources", "producer", listSourceFolders],
  ["GET", "/v1/vendors", "viewer", listVendors],
  ["GET", "/v1/vendors/:vendor/leases", "ops", listLeases],
  ["GET", "/v1/vendors/:vendor/audit", "ops", listVendorAudit],
  ["POST", "/v1/vendors/:vendor/check", "ops", checkVendor],
  ["POST", "/v1/vendors/:vendor/pause", "ops", pauseVendor],
  ["POST", "/v1/vendors/:vendor/resume", "ops", resumeVendor],
  ["GET", "/v1/webhooks", "producer", listWebhooks],
  ["POST", "/v1/webhooks", "producer", createWebhook],
  ["PATCH", "/v1/webhooks/:id", "producer", changeWebhook],
  ["DELETE", "/v1/webhooks/:id", "producer", removeWebhook],
  ["POST", "/v1/webhooks/:id/rotate", "producer", rotateWebhook],
  ["POST", "/v1/webhooks/:id/test", "producer", testWebhook],
  ["GET", "/v1/webhooks/:id/deliveries", "producer", listWebhookDeliveries],
  ["GET", "/v1/deliveries/:id", "viewer", getDelivery],
  ["POST", "/v1/deliveries/:id/redeliver", "producer", redeliver],
  ["GET", "/v1/bandwidth", "viewer", readBandwidth],
  ["PUT", "/v1/bandwidth", "ops", setBandwidth],
  ["GET", "/v1/workers", "viewer", listWorkers],
  ["GET", "/v1/queues", "viewer", listQueues],
  ["GET", "/v1/events", "viewer", followAll],
  ["GET", "/v1/rates", "viewer", readRates],
  ["GET", "/v1/errors", "nothing", listErrorCodes],
  ["GET", "/v1/keys", "admin", listKeys],
  ["POST", "/v1/keys", "admin", createKey],
  ["POST", "/v1/keys/:id/rotate", "admin", rotateKey],
  ["DELETE", "/v1/keys/:id", "admin", revokeKey],
  ["GET", "/v1/keys/:id/audit", "admin", listKeyAudit],
  ["GET", "/v1/access", "admin", listAccess],
  ["GET", "/v1/audit", "admin", listAudit],
  ["GET", "/v1/audit/reads", "admin", listReads],
  ["GET", "/v1/sessions", "viewer", listSessions],
  ["DELETE", "/v1/sessions/:id", "viewer", revokeSession],
  ["GET", "/v1/me", "viewer", whoAmI],
  ["GET", "/healthz", "nothing", health],
  ["GET", "/readyz", "nothing", readiness],
  ["GET", "/", "viewer", startPage],
];

type Route = readonly [Method, string, Role | "nothing", Action];
type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Returns the methods that a path supports; none for an unknown path. */
export function methodsAt(path: string): string[] {
  const parts = path.split("/");
  return routes.flatMap(([method, url]) => (leadsTo(url.split("/"), parts) ? [method] : []));
}

function leadsTo(pattern: readonly string[], parts: readonly string[]): boolean {
  if (pattern.length !== parts.length) return false;
  return pattern.every(
    (part, at) => part === parts[at] || (part.startsWith(":") && parts[at] !== ""),
  );
}

/** The operations of the table, by the names that they have in the OpenAPI document. */
const operations = routes.map((route) => ({ id: nameOf(route), needs: needsOf(route) }));

function nameOf([method, url, , { schema }]: Route): string {
  return schema.operationId ?? operationIdOf(method, url);
}

function needsOf([, , needs, { knows, unscoped, makesKeys }]: Route): Needs {
  return {
    needs,
    ...(knows && { knows }),
    ...(unscoped && { unscoped }),
    ...(makesKeys && { makesKeys }),
  };
}

/** Adds all routes of the table to a server. */
export function addRoutes(app: FastifyInstance, given: Omit<ActionContext, "may">): void {
  const context = { ...given, may: createMay(operations) };
  const once = createAnswerOnce(context.answers);
  const compressed = createCompression();
  for (const route of routes) {
    const [method, url, needs, action] = route;
    const { schema, head = true, largeBodies, logLevel, unscoped } = action;
    const { isPolled, evidence, isSecret = false, again = importAgain } = action;
    const recorded = evidence === undefined ? [] : [onRecord(evidence, context.recordRead)];
    const onSend = [...recorded, ...(isPolled ? [tagged] : []), ...(isSecret ? [] : [compressed])];
    // What can't be recorded isn't shown, and so it isn't kept for a repetition either.
    const withRecord = (kept: Once) => ({ ...kept, onSend: [...recorded, kept.onSend] });
    const handler = action.handler(context);
    const success = successOf(action);
    app.route({
      method,
      url,
      schema: {
        ...withNeeds(schema, needs, unscoped),
        operationId: nameOf(route),
        ...(method !== "GET" && { headers: isSecret ? actorHeaders : keyedHeaders }),
        ...(method === "GET" && evidence !== undefined && { headers: actorHeaders }),
      },
      config: needsOf(route),
      ...(largeBodies === true
        ? { bodyLimit: LARGE_BODY_LIMIT, onRequest: admitLargeBodies() }
        : {}),
      ...(method === "GET"
        ? { handler, exposeHeadRoute: head, onSend }
        : withRecord(once({ handler, success, isSecret, again: again(context) }))),
      ...(logLevel === undefined ? {} : { logLevel }),
    });
  }
}

/** Says in the OpenAPI document what a route needs. */
function withNeeds(
  schema: FastifySchema,
  needs: Role | "nothing",
  unscoped = false,
): FastifySchema {
  if (needs === "nothing") return { ...schema, security: [] };
  const sentences = [
    schema.description,
    `Needs the role \`${needs}\`.`,
    unscoped && "It is for those alone whose scope has no limits.",
  ];
  return { ...schema, description: sentences.filter(Boolean).join(" ") };
}

/** Returns the status of an action's answer when it succeeds: the first that its schema describes. */
function successOf({ schema }: Action): number {
  return Number(Object.keys(schema.response ?? {})[0]);
}

function importAgain({ importsOf, may }: ActionContext): Again {
  return async (request, _reply, { importId }) => {
    if (importId !== null) return may.ofImports(request)(await importsOf(request).get(importId));
    throw new ExhibitError(
      "STATE_CONFLICT",
      "The request was carried out, but its answer was lost: look at what it was to change.",
    );
  };
}
