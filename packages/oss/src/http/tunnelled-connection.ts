import type net from "node:net";
import { interrupted } from "../api/store-error.ts";
import { onAbort } from "./abort-listeners.ts";
import { type Connection, type ConnectionOptions, openConnection } from "./connection.ts";

/**
 * A connection through a proxy. The way there is opened for its first request, by `open`, which gives up when its signal
 * aborts and rejects with what went wrong.
 */
export function openTunnelled(
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
