/** Milliseconds that a session lives without a request. */
const SESSION_IDLE = 8 * 60 * 60 * 1000;
/** Milliseconds that a session lives at most. */
const SESSION_LIFE = 24 * 60 * 60 * 1000;
/**
 * Milliseconds that a session lives at most where its cookie can't be bound to HTTPS: a cookie knows
 * no ports, so that the browser sends it to other servers of the same machine as well.
 */
const PLAIN_SESSION_LIFE = 8 * 60 * 60 * 1000;
/** Milliseconds in which a login code must be used. */
const LOGIN_CODE_LIFE = 10 * 60 * 1000;
/** Milliseconds that a person has at the identity provider: for a second factor, too. */
const LOGIN_ATTEMPT_LIFE = 10 * 60 * 1000;

/**
 * Returns when a session that begins now ends at the latest: not after the key that it was opened
 * with.
 */
export function sessionEnd(
  now: number,
  { secure, keyExpiresAt }: { readonly secure: boolean; readonly keyExpiresAt?: Date | undefined },
): Date {
  const end = now + (secure ? SESSION_LIFE : PLAIN_SESSION_LIFE);
  return new Date(Math.min(end, keyExpiresAt?.getTime() ?? end));
}

/** Returns when a login code that is made now is too old. */
export function loginCodeEnd(now: number): Date {
  return new Date(now + LOGIN_CODE_LIFE);
}

/** Returns when a login by the identity provider that begins now is too old. */
export function loginAttemptEnd(now: number): Date {
  return new Date(now + LOGIN_ATTEMPT_LIFE);
}

/** Returns when a session that is still open was used last at the earliest. */
export function usedSince(now: number): Date {
  return new Date(now - SESSION_IDLE);
}

/** Returns whether a session is still open. */
export function isOpen(
  { seenAt, expiresAt }: { readonly seenAt: Date; readonly expiresAt: Date },
  now: number,
): boolean {
  return now < expiresAt.getTime() && now < seenAt.getTime() + SESSION_IDLE;
}
