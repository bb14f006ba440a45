import type { Role } from "@exhibit/contracts";

/** What a route asks of those who use it. */
export interface Needs {
  /** The least role; `nothing` lets everybody in. */
  readonly needs: Role | "nothing";
  /** Whether the role must not be limited to some cases, vendors or folders. */
  readonly unscoped?: true;
  /** Whether it makes keys, which not everybody may who has the role. */
  readonly makesKeys?: true;
  /** Whether an open route tells more to those who say who they are. */
  readonly knows?: true;
}

/** What Bull Board's pages and buttons ask: they show and change the work of all cases. */
export const boardNeeds = {
  look: { needs: "viewer", unscoped: true },
  act: { needs: "ops", unscoped: true },
} as const satisfies Record<string, Needs>;

declare module "fastify" {
  interface FastifyContextConfig extends Partial<Needs> {}
}
