import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** What a receiver was sent. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly received: Received[];
  /** Resolves once so many requests have come. */
  reached(count: number): Promise<void>;
}

/** Starts a receiver of webhooks on the loopback, which answers as the test says. */
export async function startReceiver(
  answer: (response: ServerResponse, request: Received, count: number) => void,
): Promise<Receiver> {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request);
    const one = { path: request.url ?? "", headers: request.headers, body };
    received.push(one);
    answer(response, one, received.length);
    for (const look of waiting) look();
  };
  const server = createServer((request, response) => void receive(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    received,
    async reached(count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = () => {
        if (received.length >= count) resolve();
      };
      waiting.add(look);
      look();
      await promise;
      waiting.delete(look);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
