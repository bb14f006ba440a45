import type { Role } from "@exhibit/contracts";

/** What a route asks of those who use it. */
export interface Needs {
  /** The least role; `nothing` lets everybody in. */
  readonly needs: Role | "nothing";
  /** Whether the role must not be limited to some cases, vendors or folders. */
  readonly unscoped?: true;
  /** Whether an open route tells more to those who say who they are. */
  readonly knows?: true;
}

declare module "fastify" {
  interface FastifyContextConfig extends Partial<Needs> {}
}
