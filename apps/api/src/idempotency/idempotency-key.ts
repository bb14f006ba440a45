import { createHash } from "node:crypto";
import { ExhibitError, type Role, type Scope } from "@exhibit/contracts";
import type { KeyedRequest } from "@exhibit/ingest";
import type { FastifyRequest } from "fastify";
import { principalOf } from "../access/principal.ts";
import { bodyOf } from "../http/json-bodies.ts";

export const HEADER = "idempotency-key";

/** What a key is made of. The draft writes it as a quoted string, and many clients without quotes. */
const FORM = /^(?:"([!#-[\]-~]{1,255})"|([!#-~][!-~]{0,254}))$/;

/**
 * Returns a request with its Idempotency-Key and the fingerprint of what it asks for; undefined where
 * it has none. Throws REQUEST_INVALID for one that can't be a key.
 */
export function keyedRequestOf(request: FastifyRequest): KeyedRequest | undefined {
  const header = request.headers[HEADER];
  if (header === undefined) return undefined;
  const [, quoted, bare] = FORM.exec(String(header)) ?? [];
  const key = quoted ?? bare;
  if (key === undefined) {
    throw new ExhibitError(
      "REQUEST_INVALID",
      "The Idempotency-Key must be 1 to 255 visible ASCII characters.",
      { details: { in: "headers", field: HEADER } },
    );
  }
  const { name, role, scope } = principalOf(request);
  return {
    id: request.id,
    principal: name,
    key,
    fingerprint: fingerprintOf(request),
    scope: digestOf(role, scope),
  };
}

/** Returns the SHA-256 of method, path, query and body, as they were sent. */
function fingerprintOf(request: FastifyRequest): Buffer {
  return createHash("sha256")
    .update(`${request.method} ${request.url}\n`)
    .update(bodyOf(request))
    .digest();
}

/**
 * Returns the SHA-256 of what somebody may see, in whatever order a scope's lists are: an answer also says
 * what its receiver may do, which is the role's.
 */
function digestOf(role: Role, { entrust_ids, vendors, roots }: Scope): Buffer {
  const limits = [entrust_ids, vendors, roots].map((limit) =>
    limit === "all" ? limit : limit.toSorted(),
  );
  return createHash("sha256")
    .update(JSON.stringify([role, ...limits]))
    .digest();
}
