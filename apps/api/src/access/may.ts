import {
  type ImportView,
  isClosed,
  type KeyView,
  type Principal,
  type VendorState,
  type WebhookView,
} from "@exhibit/contracts";
import { whyNotMade } from "@exhibit/ingest";
import type { FastifyRequest } from "fastify";
import { refusalOf } from "./door.ts";
import type { Needs } from "./needs.ts";
import { principalOf } from "./principal.ts";

/** An operation of the API, and what it asks of those who use it. */
export interface Operation {
  readonly id: string;
  readonly needs: Needs;
}

/** Adds to things what whoever asks may do with them. */
type Shown<Thing> = <View extends Thing>(view: View) => View & { may: string[] };

/**
 * What whoever sends a request may do, so that no client has to know it: by the same words as the door
 * decides, and by the states in which the ledger refuses an act for certain.
 */
export interface May {
  /** Returns the operations that somebody may use. */
  anywhere(principal: Principal): string[];
  ofImports(request: FastifyRequest): Shown<ImportView>;
  ofVendors(request: FastifyRequest): Shown<VendorState>;
  ofWebhooks(request: FastifyRequest): Shown<WebhookView>;
  ofKeys(request: FastifyRequest): Shown<KeyView>;
}

/** When each act can be done to a thing. */
type Acts<Thing> = Readonly<Record<string, (thing: Thing, by: Principal) => boolean>>;

const importActs: Acts<ImportView> = {
  changeImport: () => true,
  retryImport: isOpen,
  cancelImport: isOpen,
  waiveFiles: hasFailed,
  acceptDestination: hasFailed,
  pauseImport: (view) => isOpen(view) && view.paused === null,
  resumeImport: ({ paused }) => paused !== null,
};

const vendorActs: Acts<VendorState> = {
  listVendorAudit: () => true,
  listLeases: () => true,
  checkVendor: () => true,
  pauseVendor: ({ paused }) => paused === undefined,
  resumeVendor: ({ paused }) => paused !== undefined,
};

/** Everybody sees their own webhooks alone. */
const webhookActs: Acts<WebhookView> = {
  listWebhookDeliveries: () => true,
  changeWebhook: () => true,
  rotateWebhook: () => true,
  testWebhook: ({ active }) => active,
  removeWebhook: () => true,
};

const keyActs: Acts<KeyView> = {
  listKeyAudit: () => true,
  rotateKey: (key, by) => !isRevoked(key) && mayMake(key, by),
  revokeKey: (key) => !isRevoked(key),
};

/** Creates it for the operations of an API. */
export function createMay(operations: readonly Operation[]): May {
  const anywhere = (principal: Principal) =>
    operations.filter(({ needs }) => refusalOf(principal, needs) === undefined).map(({ id }) => id);

  /** Finds out once for all things of an answer what its receiver may do at all. */
  const ofThings =
    <Thing>(acts: Acts<Thing>) =>
    (request: FastifyRequest): Shown<Thing> => {
      const principal = principalOf(request);
      const allowed = new Set(anywhere(principal));
      const own = Object.entries(acts).filter(([id]) => allowed.has(id));
      return (view) => ({
        ...view,
        may: own.flatMap(([id, isPossible]) => (isPossible(view, principal) ? [id] : [])),
      });
    };

  return {
    anywhere,
    ofImports: ofThings(importActs),
    ofVendors: ofThings(vendorActs),
    ofWebhooks: ofThings(webhookActs),
    ofKeys: ofThings(keyActs),
  };
}

function isOpen({ status }: ImportView): boolean {
  return !isClosed(status);
}

function hasFailed(view: ImportView): boolean {
  return isOpen(view) && view.failed > 0;
}

function isRevoked({ revoked_at }: KeyView): boolean {
  return revoked_at !== null;
}

function mayMake({ role, scope, may_name_others }: KeyView, by: Principal): boolean {
  return whyNotMade(by, { role, scope, mayNameOthers: may_name_others }) === undefined;
}
