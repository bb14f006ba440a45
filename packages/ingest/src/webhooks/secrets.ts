import { randomBytes } from "node:crypto";
import { decrypt, encrypt, type LeaseKeyRing } from "@exhibit/credentials/lease-key";

/** What the secrets of webhooks begin with, as Standard Webhooks has it. */
const PREFIX = "whsec_";
/** Standard Webhooks asks for 24 to 64 bytes. */
const SECRET_BYTES = 32;

/** The secrets of webhooks: encrypted wherever they are kept. */
export interface WebhookSecrets {
  /** Makes a secret for a webhook, to be shown once, and what is kept of it. */
  make(webhookId: string): { readonly secret: string; readonly encrypted: string };
  /** Returns the key that signs; undefined if it can't be decrypted. */
  open(webhookId: string, encrypted: string): Buffer | undefined;
}

/** The same keys that encrypt leases encrypt secrets of webhooks. */
export function createWebhookSecrets(ring: LeaseKeyRing): WebhookSecrets {
  // What is encrypted for one webhook is nothing for another.
  const about = (webhookId: string) => `webhook ${webhookId}`;
  return {
    make(webhookId) {
      const secret = `${PREFIX}${randomBytes(SECRET_BYTES).toString("base64")}`;
      return { secret, encrypted: encrypt(ring, secret, about(webhookId)) };
    },
    open(webhookId, encrypted) {
      const secret = decrypt(ring, encrypted, about(webhookId));
      return secret === undefined ? undefined : Buffer.from(secret.slice(PREFIX.length), "base64");
    },
  };
}
