/**
 * Returns the name of the session's cookie. A browser takes a cookie with `__Host-` over HTTPS alone,
 * and from this very host alone, so that no other host of the domain can plant one.
 */
export function sessionCookieName(secure: boolean): string {
  return secure ? "__Host-exhibit" : "exhibit";
}

/**
 * Returns the session's token from a Cookie header; undefined if there is none. There is none either
 * if the header has two: one of them is somebody else's, and nothing tells which.
 */
export function readSessionCookie(header: string, secure: boolean): string | undefined {
  const name = `${sessionCookieName(secure)}=`;
  const cookies = header.split(";").map((cookie) => cookie.trim());
  const [own, ...others] = cookies.filter((cookie) => cookie.startsWith(name));
  return others.length === 0 ? own?.slice(name.length) : undefined;
}

/** Returns the Set-Cookie header that gives a browser its session. */
export function sessionCookie(
  token: string,
  { secure, expiresAt, now }: { secure: boolean; expiresAt: Date; now: number },
): string {
  const seconds = Math.max(0, Math.floor((expiresAt.getTime() - now) / 1000));
  return `${sessionCookieName(secure)}=${token}; Max-Age=${seconds}; ${attributes(secure)}`;
}

/** Returns the Set-Cookie header that takes the session from a browser. */
export function endedSessionCookie(secure: boolean): string {
  return `${sessionCookieName(secure)}=; Max-Age=0; ${attributes(secure)}`;
}

function attributes(secure: boolean): string {
  return `Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
}
