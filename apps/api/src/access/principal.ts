import type { Principal } from "@exhibit/contracts";
import type { FastifyRequest } from "fastify";

const principals = new WeakMap<FastifyRequest, Principal>();

/** Notes on whose authority a request acts. The door alone does so. */
export function notePrincipal(request: FastifyRequest, principal: Principal): void {
  principals.set(request, principal);
}

/** Returns on whose authority a request acts. */
export function principalOf(request: FastifyRequest): Principal {
  const principal = principals.get(request);
  // A fault of ours: a handler of an open route has asked.
  if (principal === undefined) throw new Error("Nobody was asked who they are for this route.");
  return principal;
}

/** Returns who sends a request to an open route, if they say so and it is true. */
export function knownPrincipalOf(request: FastifyRequest): Principal | undefined {
  return principals.get(request);
}
