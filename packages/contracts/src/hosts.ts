const AUTHORITY = /^(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i;

/** Returns the normalized host of an authority; undefined if it isn't an authority. */
export function hostOf(authority: string): string | undefined {
  if (!AUTHORITY.test(authority) || !URL.canParse(`http://${authority}`)) return undefined;
  return new URL(`http://${authority}`).hostname.replace(/\.$/, "");
}

/**
 * Returns a configured name or address, without a port, normalized as by `hostOf`; undefined if
 * invalid.
 */
export function hostOfName(name: string): string | undefined {
  return hostOf(name.includes(":") ? `[${name.replace(/^\[(.*)\]$/, "$1")}]` : name);
}

/** Returns whether a host, normalized by `hostOf`, can only be this machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(?:\.\d+){3}$/.test(host);
}
