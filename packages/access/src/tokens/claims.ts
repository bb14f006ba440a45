import {
  type Principal,
  plainText,
  type Role,
  roles,
  type Scope,
  scopeRequest,
} from "@exhibit/contracts";
import type { JWTPayload } from "jose";

/** How a provider's claims become a role and a scope. */
export interface ClaimRules {
  /** The provider's address, as its tokens name it. */
  readonly issuer: string;
  /** The claim that names roles or groups: a text or a list. */
  readonly rolesClaim: string;
  /** The role that each of these names stands for. */
  readonly roleMap: Readonly<Record<string, Role>>;
  /** The claims that limit the scope. @defaultValue no limit */
  readonly entrustsClaim?: string | undefined;
  readonly vendorsClaim?: string | undefined;
  readonly rootsClaim?: string | undefined;
  /** How strongly somebody must have logged in: one of these classes (`acr`). @defaultValue any */
  readonly acr?: readonly string[] | undefined;
  /** By what somebody must have logged in: all of these methods (`amr`). @defaultValue any */
  readonly amr?: readonly string[] | undefined;
}

/** The most characters of a principal's name; `sub` has 255 by the standard. */
const MAX_NAME_LENGTH = 500;
const principalName = plainText(MAX_NAME_LENGTH);

/**
 * Returns the principal that the holder of a token acts as; undefined if its claims give no role, or lack
 * one that limits the scope: no claim, no right.
 */
export function principalOfClaims(payload: JWTPayload, rules: ClaimRules): Principal | undefined {
  const role = roleOf(textsIn(claimOf(payload, rules.rolesClaim)), rules.roleMap);
  const limits = scopeRequest.safeParse({
    entrust_ids: limitOf(payload, rules.entrustsClaim),
    vendors: limitOf(payload, rules.vendorsClaim),
    roots: limitOf(payload, rules.rootsClaim),
  });
  const issuer = rules.issuer.replace(/^https?:\/\//, "");
  const name = principalName.safeParse(`oidc:${payload.sub}@${issuer}`);
  if (role === undefined || !limits.success || !name.success) return undefined;
  return { name: name.data, role, scope: limits.data, mayNameOthers: false };
}

/** Returns whether somebody has logged in as strongly as the rules demand, by what the provider says. */
export function isStrongEnough(payload: JWTPayload, { acr, amr }: ClaimRules): boolean {
  const methods = textsIn(payload.amr);
  const isOfClass = acr === undefined || textsIn(payload.acr).some((one) => acr.includes(one));
  return isOfClass && (amr ?? []).every((method) => methods.includes(method));
}

/** Returns the highest role that one of the names stands for. */
function roleOf(names: readonly string[], map: ClaimRules["roleMap"]): Role | undefined {
  const own = names.flatMap((name) => (Object.hasOwn(map, name) ? [map[name]] : []));
  return roles.findLast((role) => own.includes(role));
}

/** Returns a limit of the scope; nothing for a claim that is missing, which is no limit that is valid. */
function limitOf(payload: JWTPayload, claim: string | undefined): Scope[keyof Scope] | undefined {
  if (claim === undefined) return "all";
  const items = textsIn(claimOf(payload, claim));
  const [only, ...others] = items;
  return only === "all" && others.length === 0 ? "all" : items;
}

/**
 * Returns a claim by its name, or by the names that lead to it, with dots between them:
 * `realm_access.roles`.
 */
function claimOf(payload: JWTPayload, claim: string): unknown {
  if (Object.hasOwn(payload, claim)) return payload[claim];
  return claim.split(".").reduce<unknown>((value, name) => {
    const isThere = typeof value === "object" && value !== null && Object.hasOwn(value, name);
    return isThere ? (value as Record<string, unknown>)[name] : undefined;
  }, payload);
}

/** Returns a claim's texts; none if anything else is among them. */
function textsIn(claim: unknown): string[] {
  const items: unknown[] = [claim].flat();
  return items.every((item) => typeof item === "string") ? items : [];
}
