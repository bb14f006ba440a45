import { ExhibitError, type Scope } from "@exhibit/contracts";

/**
 * What people can do with something, as far as their scope reaches. There is no other way to it, so
 * nobody can forget to narrow it.
 */
export interface Scoped<Control> {
  /** Returns it for whoever has this scope: what lies outside isn't there for them. */
  within(scope: Scope): Control;
}

/** Returns the error for what a scope doesn't have, if saying so tells nothing of others. */
export function outsideScope(sentence: string, details: Record<string, string> = {}) {
  return new ExhibitError("AUTH_FORBIDDEN", sentence, { details });
}

/** How many members of a list a message names. */
const MAX_NAMED = 5;

/** Returns the members of a limit as a message names them: `E-1, E-2 and 3 more`. */
export function namesOf(limit: Scope["vendors"]): string {
  if (limit === "all") return limit;
  const more = limit.length - MAX_NAMED;
  return `${limit.slice(0, MAX_NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
