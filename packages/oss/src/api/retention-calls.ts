import { createHash } from "node:crypto";
import type { Target } from "./object-calls.ts";
import type { Sender } from "./sender.ts";

/** A version of an object, and until when nobody may delete or overwrite it. */
export interface Retained {
  /** @defaultValue the current version */
  versionId: string | undefined;
  until: Date;
}

/**
 * Keeps a version of an object until then, in OSS's compliance mode: not even the owner of the bucket
 * can shorten it. The bucket must have ObjectWorm (PROTOCOLS.md 5.6). Throws STORE_* and LEASE_*.
 */
export async function putRetention(
  sender: Sender,
  target: Target,
  { versionId, until }: Retained,
): Promise<void> {
  const body = Buffer.from(
    `<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>${until.toISOString()}</RetainUntilDate></Retention>`,
  );
  await sender.send({
    ...target,
    operation: "PutObjectRetention",
    method: "PUT",
    query: { retention: "", ...(versionId !== undefined && { versionId }) },
    headers: {
      "content-type": "application/xml",
      "content-md5": createHash("md5").update(body).digest("base64"),
    },
    body: { length: body.length, chunks: [body] },
  });
}
