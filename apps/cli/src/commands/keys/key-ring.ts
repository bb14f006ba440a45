import { toArray } from "@exhibit/client";
import { readDatabaseUrl, readEnvironment } from "@exhibit/config";
import {
  issueLine,
  type KeyRequestInput,
  type KeyView,
  keyRequest,
  localPrincipal,
  type NewKey,
  plainIssue,
  type RevokeKeyRequest,
  type RotateKeyRequestInput,
  rotateKeyRequest,
} from "@exhibit/contracts";
import type { Keys, PlaceOfLedger } from "@exhibit/runtime/keys";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { badUse } from "../../output/exit-codes.ts";
import { actorOfSystem } from "../../process/actor.ts";
import { lockDataFolder } from "../../process/data-lock.ts";

/** The keys, by the API or straight in the ledger. */
export interface KeyRing {
  list(): Promise<KeyView[]>;
  create(request: KeyRequestInput): Promise<NewKey>;
  rotate(keyId: string, request: RotateKeyRequestInput): Promise<NewKey>;
  revoke(keyId: string, request: RevokeKeyRequest): Promise<KeyView>;
}

/** Returns the keys by the API that the environment names. */
function keysOfApi(): KeyRing {
  const api = apiOfEnvironment();
  return {
    list: () => toArray(api.keys()),
    create: (request) => api.createKey(request),
    rotate: (keyId, request) => api.rotateKey(keyId, request),
    revoke: (keyId, request) => api.revokeKey(keyId, request),
  };
}

/**
 * Returns the keys straight in the ledger where the environment names one on a server, or `local` asks
 * for that of the data folder; otherwise those by the API.
 */
export async function openKeyRing(
  { local = false }: { readonly local?: boolean },
  stack: AsyncDisposableStack,
): Promise<KeyRing> {
  return local || readDatabaseUrl() !== undefined ? await keysOfLedger(stack) : keysOfApi();
}

/**
 * Opens the ledger of the environment for its keys: whoever reaches it may do everything, so that the
 * first key needs no other. `stack` closes it.
 */
async function keysOfLedger(stack: AsyncDisposableStack): Promise<KeyRing> {
  const place = placeOfLedger();
  if ("dataDir" in place) stack.use(await lockDataFolder(place.dataDir));
  // Loaded only here, so that the list by the API doesn't wait for the ledger.
  const { openKeys } = await import("@exhibit/runtime/keys");
  const { keys } = stack.use(await openKeys(place));
  const by = { principal: localPrincipal, who: actorOfSystem() ?? localPrincipal.name };
  return {
    list: () => listAll(keys, by),
    create: (request) => keys.create(checked(keyRequest.safeParse(request, plain)), by),
    rotate: (keyId, request) =>
      keys.rotate(keyId, checked(rotateKeyRequest.safeParse(request, plain)), by),
    revoke: (keyId, request) => keys.revoke(keyId, request, by),
  };
}

/** A ledger on a server is found without what else a fleet needs, such as Redis. */
function placeOfLedger(): PlaceOfLedger {
  const databaseUrl = readDatabaseUrl();
  return databaseUrl === undefined ? { dataDir: readEnvironment().dataDir } : { databaseUrl };
}

async function listAll(keys: Keys, by: Parameters<Keys["list"]>[1]): Promise<KeyView[]> {
  const all: KeyView[] = [];
  let after: string | undefined;
  do {
    const { items, next } = await keys.list({ limit: 1000, after }, by);
    all.push(...items);
    after = next ?? undefined;
  } while (after !== undefined);
  return all;
}

const plain = { error: plainIssue };

/** Returns a request that the API would accept. Throws REQUEST_INVALID (bad use) for others. */
function checked<Request>(
  result:
    | { success: true; data: Request }
    | { success: false; error: { issues: readonly Parameters<typeof issueLine>[0][] } },
): Request {
  if (result.success) return result.data;
  throw badUse(result.error.issues.map(issueLine));
}
