import type net from "node:net";
import { onAbort } from "./abort-listeners.ts";
import { type Connection, type ConnectionOptions, openConnection } from "./connection.ts";
import { interrupted } from "./interrupted.ts";

/**
 * Returns a connection through a proxy. `open` opens the tunnel for the connection's first request;
 * it gives up when its signal is aborted and rejects with what went wrong.
 */
export function openTunnelledConnection(
  options: ConnectionOptions,
  open: (signal: AbortSignal) => Promise<net.Socket>,
): Connection {
  const closing = new AbortController();
  let connection: Connection | undefined;
  let isClosed = false;

  function close(): void {
    isClosed = true;
    closing.abort();
    connection?.close();
  }

  async function connect(signal: AbortSignal | undefined): Promise<Connection> {
    const stopListening = onAbort(signal, close);
    try {
      return openConnection({ ...options, socket: await open(closing.signal) });
    } catch (error) {
      isClosed = true;
      options.onFree();
      throw signal?.aborted ? interrupted(signal) : error;
    } finally {
      stopListening();
    }
  }

  return {
    get open() {
      return !isClosed && connection?.open !== false;
    },
    close,
    async exchange(request) {
      connection ??= await connect(request.signal);
      return connection.exchange(request);
    },
  };
}
