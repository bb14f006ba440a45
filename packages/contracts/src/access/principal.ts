import type { Role } from "./roles.ts";
import { everything, type Scope } from "./scope.ts";

/** On whose authority a request acts. The audit log names it. */
export interface Principal {
  /** `key:NAME`, `oidc:SUB` or `local`. */
  readonly name: string;
  readonly role: Role;
  readonly scope: Scope;
  /** Whether it may say on whose behalf it acts, as a trusted integration does. */
  readonly mayNameOthers: boolean;
  /**
   * False where even an administrator may not make keys: in a session whose cookie other servers of
   * the machine may have been sent.
   */
  readonly mayMakeKeys?: false;
}

/** Whoever works on the machine itself, where nothing else can reach the API. */
export const localPrincipal: Principal = {
  name: "local",
  role: "admin",
  scope: everything,
  mayNameOthers: true,
};
