import { createServer, type RequestListener, request } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

export interface PrefixProxy extends AsyncDisposable {
  readonly url: string;
}

/**
 * Does what nginx does by `location /exhibit/ { proxy_pass http://target/; proxy_set_header Host $http_host; }`.
 *
 * @param target may be a function: what it leads to can start after it
 * @param certificate a certificate with its key, in PEM: then it speaks TLS
 */
export async function startPrefixProxy(
  prefix: string,
  target: string | (() => string),
  certificate?: { cert: string; key: string },
): Promise<PrefixProxy> {
  const targetUrl = typeof target === "string" ? () => target : target;
  const pass: RequestListener = (asked, answer) => {
    const { method, headers, url = "" } = asked;
    if (!url.startsWith(`${prefix}/`)) return void answer.writeHead(404).end();
    const passed = request(
      `${targetUrl()}${url.slice(prefix.length)}`,
      { method, headers },
      (got) => {
        answer.writeHead(got.statusCode ?? 502, got.headers);
        got.pipe(answer);
      },
    );
    passed.once("error", () => answer.destroy());
    asked.pipe(passed);
  };
  const server = certificate ? createTlsServer(certificate, pass) : createServer(pass);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `${certificate ? "https" : "http"}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
