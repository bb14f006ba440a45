const AUTHORITY = /^(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i;

/** The host of an authority, in one spelling; undefined for what isn't an authority. */
export function hostOf(authority: string): string | undefined {
  if (!AUTHORITY.test(authority) || !URL.canParse(`http://${authority}`)) return undefined;
  return new URL(`http://${authority}`).hostname.replace(/\.$/, "");
}

/** A name or address without a port, as it is configured, in the spelling of `hostOf`; undefined for what is neither. */
export function hostOfName(name: string): string | undefined {
  return hostOf(name.includes(":") ? `[${name.replace(/^\[(.*)\]$/, "$1")}]` : name);
}

/** Whether a host, in the spelling of `hostOf`, can only be this machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(?:\.\d+){3}$/.test(host);
}
