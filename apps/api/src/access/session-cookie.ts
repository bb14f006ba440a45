import { hostOf, isLoopback } from "@exhibit/contracts";
import type { FastifyRequest } from "fastify";

/**
 * By HTTPS the cookie's name has the prefix with which a browser accepts it from this very host
 * alone, and sends it by HTTPS alone. On plain loopback such a cookie can't be set.
 */
const SECURE_NAME = "__Host-exhibit";
const PLAIN_NAME = "exhibit";

/** Seconds that a browser keeps the cookie. The session itself ends by the ledger's word. */
const LIFETIME = 24 * 60 * 60;

/** Where browsers find the API. */
export interface PublicAddress {
  /** The address that people use, when it isn't the one that the API listens on. */
  readonly publicUrl?: string | undefined;
}

/** Returns whether a page that a browser shows came by HTTPS, which ends at a proxy. */
export function isByHttps({ headers }: FastifyRequest, { publicUrl }: PublicAddress): boolean {
  return (headers.origin ?? publicUrl ?? "").startsWith("https:");
}

/**
 * Returns the session's token that a browser sends, if it sends one. Where people use HTTPS, a cookie
 * with the plain name isn't believed: another host of the domain may have planted it.
 */
export function sessionTokenOf(
  { headers }: FastifyRequest,
  { publicUrl }: PublicAddress,
): string | undefined {
  const secure = cookieIn(headers.cookie ?? "", SECURE_NAME);
  if (secure !== undefined) return secure;
  const isHere = isLoopback(hostOf(headers.host ?? "") ?? "");
  const isPlainBelieved = isHere || publicUrl?.startsWith("https:") !== true;
  return isPlainBelieved ? cookieIn(headers.cookie ?? "", PLAIN_NAME) : undefined;
}

/** Returns the header that gives a browser its session. */
export function sessionCookie(token: string, isSecure: boolean): string {
  return cookie(token, isSecure, LIFETIME);
}

/** Returns the headers that take the session from a browser, whatever the cookie's name is. */
export function endedSessionCookies(): string[] {
  return [true, false].map((secure) => cookie("", secure, 0));
}

function cookie(token: string, secure: boolean, seconds: number): string {
  const name = secure ? SECURE_NAME : PLAIN_NAME;
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
