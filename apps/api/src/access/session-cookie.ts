import { hostOf, isLoopback } from "@exhibit/contracts";
import type { FastifyRequest } from "fastify";

/**
 * By HTTPS the cookie's name has the prefix with which a browser accepts it from this very host
 * alone, and sends it by HTTPS alone. On plain loopback such a cookie can't be set.
 */
const SECURE_PREFIX = "__Host-";
const SESSION = "exhibit";
/** Binds a login by the identity provider to the browser that began it. */
const LOGIN = "exhibit-login";

/** Seconds that a browser keeps a cookie. Session and login themselves end by the ledger's word. */
const LIFETIME = { [SESSION]: 24 * 60 * 60, [LOGIN]: 10 * 60 };
type Name = keyof typeof LIFETIME;

/** Where browsers find the API. */
export interface PublicAddress {
  /** The address that people use, when it isn't the one that the API listens on. */
  readonly publicUrl?: string | undefined;
}

/** Returns whether a page that a browser shows came by HTTPS, which ends at a proxy. */
export function isByHttps({ headers }: FastifyRequest, { publicUrl }: PublicAddress): boolean {
  return (headers.origin ?? publicUrl ?? "").startsWith("https:");
}

/** Returns the session's token that a browser sends, if it sends one. */
export function sessionTokenOf(request: FastifyRequest, address: PublicAddress) {
  return tokenOf(request, address, SESSION);
}

/** Returns the token of the login that a browser has begun, if it has begun one. */
export function loginTokenOf(request: FastifyRequest, address: PublicAddress) {
  return tokenOf(request, address, LOGIN);
}

/** Returns the header that gives a browser its session. */
export function sessionCookie(token: string, isSecure: boolean): string {
  return cookie(SESSION, token, isSecure);
}

/** Returns the header by which a browser remembers that it has begun a login. */
export function loginCookie(token: string, isSecure: boolean): string {
  return cookie(LOGIN, token, isSecure);
}

/** Returns the headers that take the session from a browser, whatever the cookie's name is. */
export function endedSessionCookies(): string[] {
  return [true, false].map((secure) => cookie(SESSION, "", secure));
}

/** Returns the header by which a browser forgets that it has begun a login. */
export function endedLoginCookie(isSecure: boolean): string {
  return cookie(LOGIN, "", isSecure);
}

/**
 * Where people use HTTPS, a cookie with the plain name isn't believed: another host of the domain may
 * have planted it.
 */
function tokenOf(
  { headers }: FastifyRequest,
  { publicUrl }: PublicAddress,
  name: Name,
): string | undefined {
  const secure = cookieIn(headers.cookie ?? "", `${SECURE_PREFIX}${name}`);
  if (secure !== undefined) return secure;
  const isHere = isLoopback(hostOf(headers.host ?? "") ?? "");
  const isPlainBelieved = isHere || publicUrl?.startsWith("https:") !== true;
  return isPlainBelieved ? cookieIn(headers.cookie ?? "", name) : undefined;
}

/** Returns the header that sets a cookie; one that is empty ends at once. */
function cookie(plainName: Name, token: string, secure: boolean): string {
  const name = secure ? `${SECURE_PREFIX}${plainName}` : plainName;
  const seconds = token === "" ? 0 : LIFETIME[plainName];
  const attributes = `Max-Age=${seconds}; Path=/; HttpOnly; SameSite=Lax`;
  return `${name}=${token}; ${attributes}${secure ? "; Secure" : ""}`;
}

/**
 * Returns a cookie's value. There is none if the header has two with its name: one of them is
 * somebody else's, and nothing tells which.
 */
function cookieIn(header: string, name: string): string | undefined {
  const cookies = header.split(";").map((one) => one.trim());
  const [own, ...others] = cookies.filter((one) => one.startsWith(`${name}=`));
  return others.length === 0 ? own?.slice(name.length + 1) : undefined;
}
