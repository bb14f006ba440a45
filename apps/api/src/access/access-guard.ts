import { ExhibitError, hostOf, hostOfName } from "@exhibit/contracts";
import { createHostCheck, type OwnHosts } from "@exhibit/contracts/host-check";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { sendError } from "../http/error-responses.ts";

export interface AccessOptions extends OwnHosts {
  /**
   * The address that people use, when it isn't the one that the API listens on, such as a proxy's.
   */
  readonly publicUrl?: string | undefined;
}

/** Methods that change nothing. */
export const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Machines ask for it without knowing the server's name (HAProxy sends none). It reveals nothing.
 */
const OPEN_TO_ALL = "/healthz";

/**
 * Guards every route, also those of plugins: a request has to name this server, and a web page of
 * another origin may change nothing. It comes before everything else, and whatever a request carries:
 * so a page that an operator happens to visit can neither read by a name of its own that leads here
 * (DNS rebinding) nor act in the operator's name.
 */
export function guardAccess(app: FastifyInstance, options: AccessOptions): void {
  const { listensOn, names = [], publicUrl } = options;
  const further = publicUrl === undefined ? names : [...names, new URL(publicUrl).hostname];
  const isOurHost = createHostCheck({ listensOn, names: further });
  const isOurOrigin = createOriginCheck(options);
  app.addHook("onRequest", async (request, reply) => {
    if (request.routeOptions.url === OPEN_TO_ALL) return;
    const stranger = authoritiesOf(request).find((authority) => !isOurHost(authority));
    // Sent here, because an error thrown by a hook goes to the error handler of the route's plugin,
    // such as Bull Board's.
    if (stranger !== undefined) return sendError(hostRefused(stranger), request, reply);
    if (!SAFE_METHODS.has(request.method) && !isOurOrigin(request)) {
      return sendError(originRefused(request), request, reply);
    }
  });
}

/**
 * Returns the hosts that a request names: in its Host headers, and in a request line in absolute
 * form.
 */
function authoritiesOf({ raw }: FastifyRequest): string[] {
  const { rawHeaders, url = "" } = raw;
  const hosts = rawHeaders.filter(
    (_, at) => rawHeaders[at - 1]?.toLowerCase() === "host" && at % 2 === 1,
  );
  const [, absolute] = /^[a-z][\w+.-]*:\/\/([^/?#]*)/i.exec(url) ?? [];
  if (hosts.length === 0) hosts.push("");
  return absolute === undefined ? hosts : [...hosts, absolute];
}

/**
 * Browsers say where a request comes from in Sec-Fetch-Site; to an address without TLS that isn't a
 * loopback address they say it only in Origin. Other clients send neither.
 */
function createOriginCheck({ names = [], publicUrl }: AccessOptions) {
  const publicHost = publicUrl === undefined ? undefined : new URL(publicUrl).host;
  // At the usual ports only: another port of the same host belongs to another server.
  const ours = new Set([publicHost, ...names.map(hostOfName)]);
  return ({ headers }: FastifyRequest): boolean => {
    const site = headers["sec-fetch-site"];
    if (site !== undefined && site !== "same-origin" && site !== "none") return false;
    if (headers.origin === undefined) return true;
    const [, authority] = /^https?:\/\/([^/]+)$/.exec(headers.origin) ?? [];
    if (authority === undefined || hostOf(authority) === undefined) return false;
    return authority.toLowerCase() === headers.host?.toLowerCase() || ours.has(authority);
  };
}

function hostRefused(authority: string): ExhibitError {
  const message =
    authority === ""
      ? "The request has no Host."
      : `${JSON.stringify(authority)} isn't a name of this API.`;
  return new ExhibitError("HOST_REFUSED", message);
}

function originRefused({ headers }: FastifyRequest): ExhibitError {
  const from = headers.origin === undefined ? "another site" : JSON.stringify(headers.origin);
  return new ExhibitError("ORIGIN_REFUSED", `A page of ${from} may not act here.`);
}
