import { BlockList, isIP, isIPv6 } from "node:net";
import { loginOf, type ProxyRule, type Target } from "@exhibit/credentials/tunnel";
import type { Fault } from "./faults.ts";
import type { Variables } from "./variables.ts";

/** The proxies that the environment names. */
export interface Proxies {
  readonly rule: ProxyRule;
  /** Describes them without passwords: `http://proxy.corp:3128, not for .corp, 10.0.0.0/8`. */
  readonly description: string;
  /** Passwords and logins, which must not appear in logs. */
  readonly secrets: readonly string[];
}

/**
 * Reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY as curl does; lowercase names take precedence. Returns
 * no proxies if none is named. Faults contain no value.
 */
export function readProxies(variables: Variables): { proxies?: Proxies; faults: Fault[] } {
  const faults: Fault[] = [];
  const https = proxyOf("https_proxy", variables, faults);
  const http = proxyOf("http_proxy", variables, faults);
  const excepted = given("no_proxy", variables)?.value ?? "";
  const exceptions = excepted.split(/[\s,]+/).filter((entry) => entry !== "");
  const isExcepted = exceptionOf(exceptions);
  const named = [https, http].filter((proxy) => proxy !== undefined);
  if (named.length === 0 || exceptions.includes("*")) return { faults };
  const addresses = [...new Set(named.map((proxy) => `${proxy.protocol}//${proxy.host}`))];
  const but = exceptions.length === 0 ? "" : `, not for ${exceptions.join(", ")}`;
  return {
    faults,
    proxies: {
      rule: (target) => (isExcepted(target) ? undefined : target.secure ? https : http),
      description: `${addresses.join(" and ")}${but}`,
      secrets: [...new Set(named.flatMap(secretsIn))],
    },
  };
}

/** Returns a variable in lower or upper case, and the name by which it was found. */
function given(name: string, variables: Variables) {
  for (const key of [name, name.toUpperCase()]) {
    const value = variables[key]?.trim();
    if (value !== undefined && value !== "") return { key, value };
  }
  return undefined;
}

function proxyOf(name: string, variables: Variables, faults: Fault[]): URL | undefined {
  const found = given(name, variables);
  if (found === undefined) return undefined;
  const { key, value } = found;
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`);
  if (url !== null && /^https?:$/.test(url.protocol) && url.hostname !== "") return url;
  faults.push({ path: [key], reason: "it isn't the address of an http:// or https:// proxy" });
  return undefined;
}

/**
 * Returns whether NO_PROXY excepts a target. A name, with or without a leading dot, stands for
 * itself and its subdomains; an address for itself, or with `/bits` for a network.
 */
function exceptionOf(entries: readonly string[]): (target: Target) => boolean {
  const names: { name: string; port: number | undefined }[] = [];
  const networks = new BlockList();
  for (const entry of entries) {
    const [, address = "", bits] = /^\[?([^\]/]*)\]?(?:\/(\d+))?$/.exec(entry) ?? [];
    if (isIP(address) !== 0) addNetwork(networks, address, bits);
    else names.push(nameIn(entry));
  }
  return ({ hostname, port }) => {
    const host = hostname.toLowerCase().replace(/\.$/, "");
    if (isIP(host) !== 0 && networks.check(host, isIPv6(host) ? "ipv6" : "ipv4")) return true;
    return names.some(
      (each) =>
        (host === each.name || host.endsWith(`.${each.name}`)) &&
        (each.port === undefined || each.port === port),
    );
  };
}

function addNetwork(networks: BlockList, address: string, bits: string | undefined): void {
  const type = isIPv6(address) ? "ipv6" : "ipv4";
  const most = type === "ipv6" ? 128 : 32;
  networks.addSubnet(address, Math.min(Number(bits ?? most), most), type);
}

function nameIn(entry: string) {
  const [, name = "", port] = /^\*?\.?(.*?)\.?(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
  return { name, port: port === undefined ? undefined : Number(port) };
}

function secretsIn(proxy: URL): string[] {
  const { password } = proxy;
  if (password === "") return [];
  const login = loginOf(proxy).replace("Basic ", "");
  const text = Buffer.from(login, "base64").toString("utf8");
  return [password, text.slice(text.indexOf(":") + 1), login];
}
