/** Characters of an address within the API at most; a longer one leads to the start page. */
export const MAX_TARGET_LENGTH = 2_000;

/**
 * Returns where a person goes after the login: the address that led here if it is one of ours, else the
 * start page. `home` is the address that people use, without a slash at the end.
 */
export function targetWithin(home: string, given = ""): string {
  const base = new URL(`${home}/`);
  const url = URL.canParse(given, base.href) ? new URL(given, base) : base;
  const isOurs = url.origin === base.origin && url.pathname.startsWith(base.pathname);
  const path = url.pathname.slice(base.pathname.length);
  // A login must not begin another one.
  if (!isOurs || path.startsWith("auth/")) return base.href;
  return `${base.href}${path}${url.search}${url.hash}`;
}
