import { localPrincipal, type Principal } from "@exhibit/contracts";
import type { FastifyRequest } from "fastify";

const principals = new WeakMap<FastifyRequest, Principal>();

/** Notes on whose authority a request acts. */
export function notePrincipal(request: FastifyRequest, principal: Principal): void {
  principals.set(request, principal);
}

/** Returns on whose authority a request acts. */
export function principalOf(request: FastifyRequest): Principal {
  return principals.get(request) ?? localPrincipal;
}

/** Returns who sends a request to an open route, if they say so and it is true. */
export function knownPrincipalOf(request: FastifyRequest): Principal | undefined {
  return principalOf(request);
}
