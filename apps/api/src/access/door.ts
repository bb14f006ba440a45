import { setTimeout as pause } from "node:timers/promises";
import { ExhibitError, isUnscoped, type Principal, reaches } from "@exhibit/contracts";
import { whyNoKeys } from "@exhibit/ingest";
import type { FastifyReply, FastifyRequest } from "fastify";
import { sendError } from "../http/error-responses.ts";
import { redirectToLogin, wantsPage } from "./login-redirect.ts";
import type { Needs } from "./needs.ts";
import { knownPrincipalOf, notePrincipal } from "./principal.ts";

/** Where a request says who sends it. */
export type Identify = (request: FastifyRequest) => Promise<Principal | undefined>;

/** Milliseconds for which an open route waits to learn who asks. */
const TIMEOUT_MS = 1_000;

/**
 * A route that doesn't say what it needs, such as one that doesn't exist, is for those who are known.
 */
const UNSAID: Needs = { needs: "viewer" };

/**
 * Stands before every route, including those of plugins and paths that don't exist. Nothing else
 * decides.
 */
export interface Door {
  /** Finds out who sends a request, without letting anybody in. */
  ask(request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
  /**
   * Lets in whoever a route is open to, by their role. What a role is limited to (its scope) is a
   * condition of the ledger's own queries.
   */
  decide(request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
}

/**
 * Creates the two hooks of the door. Between them, requests may be counted by who sends them. What they
 * refuse is sent here, because an error thrown by a hook goes to the error handler of the route's
 * plugin, such as Bull Board's.
 */
export function createDoor(identify: Identify): Door {
  return {
    async ask(request, reply) {
      const needs = needsOf(request);
      if (needs.needs === "nothing") return needs.knows && noteIfKnown(request, identify);
      try {
        const principal = await identify(request);
        if (principal !== undefined) notePrincipal(request, principal);
      } catch (thrown) {
        return sendError(thrown, request, reply);
      }
    },
    async decide(request, reply) {
      const needs = needsOf(request);
      if (needs.needs === "nothing") return;
      const principal = knownPrincipalOf(request);
      if (principal === undefined) return refuseUnknown(request, reply);
      const refusal = refusalOf(principal, needs);
      if (refusal !== undefined) return sendError(refusal, request, reply);
    },
  };
}

function needsOf({ routeOptions }: FastifyRequest): Needs {
  return { ...UNSAID, ...routeOptions.config };
}

/** Says the same to everybody who isn't known, whatever they sent. */
function refuseUnknown(request: FastifyRequest, reply: FastifyReply) {
  if (wantsPage(request)) return redirectToLogin(request, reply);
  reply.header("www-authenticate", "Bearer").header("cache-control", "no-store");
  const message = "The request carries no key or session that is valid here.";
  return sendError(new ExhibitError("AUTH_REQUIRED", message), request, reply);
}

/** Returns AUTH_FORBIDDEN when a principal may not use a route, whatever it is about. */
export function refusalOf(
  principal: Principal,
  { needs, unscoped, makesKeys }: Needs,
): ExhibitError | undefined {
  const { name, role, scope } = principal;
  if (needs !== "nothing" && !reaches(role, needs)) {
    const message = `This needs the role ${needs}; ${name} has the role ${role}.`;
    return new ExhibitError("AUTH_FORBIDDEN", message, { details: { needs, role } });
  }
  if (unscoped && !isUnscoped(scope)) {
    const message = `This is about the work of all cases, but ${name} is limited to some of them.`;
    return new ExhibitError("AUTH_FORBIDDEN", message, { details: { needs, role } });
  }
  return makesKeys && whyNoKeys(principal);
}

/** An open route answers whatever becomes of the ledger. */
async function noteIfKnown(request: FastifyRequest, identify: Identify): Promise<void> {
  const limit = new AbortController();
  const late = pause(TIMEOUT_MS, undefined, { signal: limit.signal }).catch(() => undefined);
  const identified = identify(request).catch(() => undefined);
  const principal = await Promise.race([identified, late]);
  limit.abort();
  if (principal !== undefined) notePrincipal(request, principal);
}
