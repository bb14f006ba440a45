import { localPrincipal, type Principal } from "@exhibit/contracts";
import type { FastifyRequest } from "fastify";

/** Returns on whose authority a request acts. */
export function principalOf(_request: FastifyRequest): Principal {
  return localPrincipal;
}
