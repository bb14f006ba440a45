import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ExhibitError } from "@exhibit/contracts";

export interface LoopbackServer {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string;
  /** Cuts all connections and waits until the requests under way have ended. */
  close(): Promise<void>;
}

export type Serve = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Longer than a client's own keep-alive, so that the server never closes an idle connection first. */
const KEEP_ALIVE_MS = 65_000;

/** Serves on `host:port` (0 takes a free port). Throws `CONFIG_INVALID` if it can't listen there. */
export async function startServer(options: {
  name: string;
  host: string;
  port: number;
  serve: Serve;
}): Promise<LoopbackServer> {
  const running = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    const work = options.serve(request, response).catch(() => void response.destroy());
    running.add(work);
    void work.finally(() => running.delete(work));
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  // A part of 5 GB may take any time.
  server.requestTimeout = 0;
  await listen(server, options);
  return {
    url: urlOf(server, options.host),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await Promise.all(running);
    },
  };
}

function listen(server: Server, at: { name: string; host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const message = `The sandbox's ${at.name} can't listen on ${at.host}:${at.port} (${cause.code}).`;
      reject(new ExhibitError("CONFIG_INVALID", message, { cause }));
    });
    server.listen(at.port, at.host, resolve);
  });
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "[::1]" : host;
  return `http://${reachable.includes(":") && !reachable.startsWith("[") ? `[${reachable}]` : reachable}:${port}`;
}
