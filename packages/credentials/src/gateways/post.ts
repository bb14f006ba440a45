import { once } from "node:events";
import http, { type ClientRequest, type IncomingMessage } from "node:http";
import https from "node:https";
import { isIP } from "node:net";
import tls from "node:tls";
import type { Tunnel } from "../tunnel.ts";

export interface Post {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
  /** Milliseconds that a proxy may take to respond. */
  readonly timeout: number;
  readonly tunnel: Tunnel | undefined;
}

/**
 * Posts over a connection of its own, through a proxy if there is one. Redirects aren't followed: a
 * signed call must not go to another host. Certificates are verified. Rejects with the network's
 * errors, or with the signal's reason.
 */
export async function post({ url, signal, body, ...more }: Post): Promise<IncomingMessage> {
  signal.throwIfAborted();
  const request = await requestTo(url, { signal, ...more });
  request.end(body);
  const [response] = await once(request, "response");
  return response as IncomingMessage;
}

async function requestTo(
  url: URL,
  { headers, signal, timeout, tunnel }: Omit<Post, "url" | "body">,
): Promise<ClientRequest> {
  const secure = url.protocol === "https:";
  const hostname = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = Number(url.port || (secure ? 443 : 80));
  const options = { method: "POST", headers, signal };
  const { request } = secure ? https : http;
  const open = tunnel?.({ secure, hostname, port });
  // No agent: the global one may use proxies from Node's own variables.
  if (open === undefined) return request(url, { ...options, agent: false });
  const socket = await open({ signal, timeout });
  const servername = isIP(hostname) === 0 ? { servername: hostname } : {};
  return request(url, {
    ...options,
    createConnection: () =>
      secure ? tls.connect({ socket, host: hostname, ...servername }) : socket,
  });
}
