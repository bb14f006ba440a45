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
export const TIMEOUT_MS = 5_000;

/** What a provider says of itself: its addresses and abilities. */
interface ProviderDocument {
  readonly issuer: string;
  readonly jwks_uri: string;
  readonly [name: string]: unknown;
}

/** An OpenID provider, as it was found. */
interface Provider {
  readonly document: ProviderDocument;
  readonly keys: ReturnType<typeof createRemoteJWKSet>;
}

export type Discover = () => Promise<Provider>;

/**
 * Returns a function that resolves with an OpenID provider by its discovery document. It is read when
 * it is needed first and then each hour; while it can't be read anew, what it said before counts.
 * Rejects with SERVICE_UNREACHABLE if it could never be read.
 */
export function createDiscovery(issuer: string): Discover {
  let found: (Provider & { readonly at: number }) | undefined;
  let failed: { readonly error: ExhibitError; readonly at: number } | undefined;
  let asking: Promise<Provider> | undefined;

  async function ask(): Promise<Provider> {
    try {
      const document = await readDocument(issuer);
      const address = document.jwks_uri;
      const options = { cooldownDuration: ASKED_EVERY, timeoutDuration: TIMEOUT_MS };
      const keys =
        found?.document.jwks_uri === address
          ? found.keys
          : createRemoteJWKSet(new URL(address), options);
      found = { document, keys, at: Date.now() };
      failed = undefined;
      return found;
    } catch (thrown) {
      failed = { error: toExhibitError(thrown), at: Date.now() };
      if (found !== undefined) return found;
      throw failed.error;
    } finally {
      asking = undefined;
    }
  }

  return async () => {
    const now = Date.now();
    if (found !== undefined && now < found.at + BELIEVED) return found;
    if (failed !== undefined && now < failed.at + ASKED_EVERY) {
      if (found !== undefined) return found;
      throw failed.error;
    }
    asking ??= ask();
    return await asking;
  };
}

/** Returns what a provider says of itself. */
async function readDocument(issuer: string): Promise<ProviderDocument> {
  const address = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const document = await fetch(address, { signal, redirect: "error" })
    .then((response) => {
      if (!response.ok) throw new Error(`HTTP status ${response.status}`);
      return response.json() as Promise<Record<string, unknown>>;
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
  return { ...document, issuer, jwks_uri: keys };
}

/** Makes the error for a provider that can't say now who somebody is. */
export function providerAway(issuer: string, reason: string, cause?: unknown): ExhibitError {
  return new ExhibitError(
    "SERVICE_UNREACHABLE",
    `The identity provider ${issuer} can't be asked who somebody is: ${reason}.`,
    { cause },
  );
}
