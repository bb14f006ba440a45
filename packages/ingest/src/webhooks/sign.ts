import { createHmac } from "node:crypto";

/**
 * Returns the headers by which a receiver knows that a message is ours and new, as Standard Webhooks
 * has them: a signature for each key that is valid.
 */
export function signatureHeaders(
  { id, body, at }: { readonly id: string; readonly body: string; readonly at: Date },
  keys: readonly Buffer[],
): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signatures = keys.map((key) => {
    const signed = `${id}.${timestamp}.${body}`;
    return `v1,${createHmac("sha256", key).update(signed).digest("base64")}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}
