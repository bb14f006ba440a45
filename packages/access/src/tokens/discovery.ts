import { ExhibitError, toExhibitError } from "@exhibit/contracts";
import { createRemoteJWKSet } from "jose";

/** Milliseconds for which what a provider says of itself is believed. */
const BELIEVED = 60 * 60 * 1000;
/**
 * Milliseconds within which a provider is asked once at most for its keys, or for its document
 * while it is away.
 */
const ASKED_EVERY = 30_000;
/** Milliseconds within which a provider has to answer. */
const TIMEOUT_MS = 5_000;

export type ProviderKeys = ReturnType<typeof createRemoteJWKSet>;

interface Found {
  readonly address: string;
  readonly keys: ProviderKeys;
  readonly at: number;
}

/**
 * Returns a function that resolves with the keys of an OpenID provider, which are found by its
 * discovery document. It is read when it is needed first and then each hour; while it can't be read
 * anew, what it said before counts. Rejects with SERVICE_UNREACHABLE if it could never be read.
 */
export function createDiscovery(issuer: string): () => Promise<ProviderKeys> {
  let found: Found | undefined;
  let failed: { readonly error: ExhibitError; readonly at: number } | undefined;
  let asking: Promise<ProviderKeys> | undefined;

  async function ask(): Promise<ProviderKeys> {
    try {
      const address = await readKeyAddress(issuer);
      const options = { cooldownDuration: ASKED_EVERY, timeoutDuration: TIMEOUT_MS };
      const keys =
        found?.address === address ? found.keys : createRemoteJWKSet(new URL(address), options);
      found = { address, keys, at: Date.now() };
      failed = undefined;
      return keys;
    } catch (thrown) {
      failed = { error: toExhibitError(thrown), at: Date.now() };
      if (found !== undefined) return found.keys;
      throw failed.error;
    } finally {
      asking = undefined;
    }
  }

  return async () => {
    const now = Date.now();
    if (found !== undefined && now < found.at + BELIEVED) return found.keys;
    if (failed !== undefined && now < failed.at + ASKED_EVERY) {
      if (found !== undefined) return found.keys;
      throw failed.error;
    }
    asking ??= ask();
    return await asking;
  };
}

/** Returns where a provider has its keys. */
async function readKeyAddress(issuer: string): Promise<string> {
  const address = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const document = await fetch(address, { signal, redirect: "error" })
    .then((response) => {
      if (!response.ok) throw new Error(`HTTP status ${response.status}`);
      return response.json() as Promise<{ issuer?: unknown; jwks_uri?: unknown }>;
    })
    .catch((cause: unknown) => {
      throw providerAway(issuer, "its discovery document can't be read", cause);
    });
  // The document says whose it is: another's keys would vouch for tokens of anybody.
  if (document.issuer !== issuer) {
    throw providerAway(issuer, "its discovery document names another issuer");
  }
  const { jwks_uri: keys } = document;
  if (typeof keys !== "string" || !URL.canParse(keys)) {
    throw providerAway(issuer, "its discovery document doesn't say where its keys are");
  }
  if (new URL(keys).protocol !== "https:" && new URL(issuer).protocol === "https:") {
    throw providerAway(issuer, "its keys aren't served by HTTPS");
  }
  return keys;
}

/** Makes the error for a provider by which tokens can't be verified now. */
export function providerAway(issuer: string, reason: string, cause?: unknown): ExhibitError {
  return new ExhibitError(
    "SERVICE_UNREACHABLE",
    `Tokens of ${issuer} can't be verified: ${reason}.`,
    { cause },
  );
}
