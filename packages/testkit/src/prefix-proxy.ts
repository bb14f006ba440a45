import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

export interface PrefixProxy extends AsyncDisposable {
  readonly url: string;
}

/** Does what nginx does by `location /exhibit/ { proxy_pass http://target/; proxy_set_header Host $http_host; }`. */
export async function startPrefixProxy(prefix: string, target: string): Promise<PrefixProxy> {
  const server = createServer((asked, answer) => {
    const { method, headers, url = "" } = asked;
    if (!url.startsWith(`${prefix}/`)) return void answer.writeHead(404).end();
    const passed = request(`${target}${url.slice(prefix.length)}`, { method, headers }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    });
    passed.once("error", () => answer.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
