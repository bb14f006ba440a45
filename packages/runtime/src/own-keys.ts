import { makeApiKey, parseApiKey, takenUntil } from "@exhibit/access";
import { everything, localPrincipal, type Principal } from "@exhibit/contracts";
import {
  createApiKey,
  findApiKey,
  idOfKeyNamed,
  isAnyKeyValid,
  type Ledger,
  rotateApiKey,
} from "@exhibit/ledger";

const DAY = 24 * 60 * 60 * 1000;
/** Milliseconds that a key works which an API makes for itself: as long as a key may. */
const OWN_KEY_LIFE = 366 * DAY;
/** Milliseconds before its end from which a start of the API replaces it. */
const RENEWED_BEFORE = 30 * DAY;
/** Milliseconds for which one that is replaced still works, for who has read it a moment ago. */
const OVERLAP = 60 * 60 * 1000;

/** The keys that an API needs itself: to know whether it is locked, and to let in who started it. */
export interface OwnKeys {
  /** Whether anybody could use the API: by a key, or by tokens of an OpenID provider. */
  isAny(): Promise<boolean>;
  /**
   * Returns the key of this name for whoever started the API: an administrator's, who may say on whose
   * behalf it acts. It is the one that is held if that works for another month, else a new one.
   */
  keep(name: string, held: string | undefined): Promise<string>;
}

/** Who makes such a key. */
const by = { who: localPrincipal.name, why: "The API made it for whoever started it." };

export function createOwnKeys(
  ledger: Ledger,
  { takesTokens = false }: { readonly takesTokens?: boolean } = {},
): OwnKeys {
  async function isGood(text: string): Promise<boolean> {
    const given = parseApiKey(text);
    if (given === undefined) return false;
    const key = await findApiKey(ledger, given.id);
    return takenUntil(key, given.digest, Date.now() + RENEWED_BEFORE) !== undefined;
  }

  async function make(name: string): Promise<string> {
    const { id, text, digest } = makeApiKey();
    const expiresAt = new Date(Date.now() + OWN_KEY_LIFE);
    await createApiKey(ledger, { id, name, ...rights, digest, expiresAt }, by);
    return text;
  }

  async function renew(id: string): Promise<string> {
    const { text, digest } = makeApiKey(id);
    const now = Date.now();
    const expiresAt = new Date(now + OWN_KEY_LIFE);
    const previousUntil = new Date(now + OVERLAP);
    await rotateApiKey(ledger, id, { digest, expiresAt, previousUntil }, by);
    return text;
  }

  return {
    isAny: async () => takesTokens || (await isAnyKeyValid(ledger, new Date())),
    async keep(name, held) {
      if (held !== undefined && (await isGood(held))) return held;
      const known = await idOfKeyNamed(ledger, name);
      return known === undefined ? await make(name) : await renew(known);
    },
  };
}

/** Whoever can start the API and read its data folder can do everything anyway. */
const rights = {
  role: "admin",
  scope: everything,
  mayNameOthers: true,
} as const satisfies Omit<Principal, "name">;
