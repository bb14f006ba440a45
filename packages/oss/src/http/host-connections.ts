import type { Tunnel } from "@exhibit/credentials";
import type { BandwidthPacer } from "./bandwidth-pacer.ts";
import { type Connection, type ConnectionOptions, openConnection } from "./connection.ts";
import type { Address, OutgoingRequest } from "./request.ts";
import type { HttpResponse } from "./response.ts";
import { openTunnelledConnection } from "./tunnelled-connection.ts";

/** The connections to one host. */
export interface HostConnections {
  /** Sends one request over a free connection, or waits for one. */
  send(request: OutgoingRequest): Promise<HttpResponse>;
  close(): void;
}

export interface HostOptions {
  /** Most connections to one host. */
  maxSockets: number;
  /** Milliseconds without a byte in either direction, connecting included. */
  idleTimeout: number;
  /** Opens the tunnel through a proxy, where there is one. */
  tunnel?: Tunnel | undefined;
}

/**
 * Milliseconds after which an idle connection isn't used again. OSS closes it sooner or later, and
 * a request that meets the closing is lost.
 */
const MAX_IDLE_MS = 30_000;

export function createHostConnections(
  { secure, hostname, port }: Address,
  { maxSockets, idleTimeout, tunnel }: HostOptions,
  pacer: BandwidthPacer,
): HostConnections {
  const all = new Set<Connection>();
  /** The most recently used one is taken first, so that superfluous ones come to their end. */
  const idle: { connection: Connection; since: number }[] = [];
  const waiting: (() => void)[] = [];
  let session: Buffer | undefined;
  const target = { secure, hostname, port: Number(port || (secure ? 443 : 80)) };

  const openTunnel = tunnel?.(target);

  function openTo(options: ConnectionOptions): Connection {
    if (openTunnel === undefined) return openConnection(options);
    return openTunnelledConnection(options, (signal) =>
      openTunnel({ signal, timeout: idleTimeout }),
    );
  }

  function connect(): Connection {
    const connection = openTo({
      ...target,
      idleTimeout,
      pacer,
      session,
      onSession: (latest) => {
        session = latest;
      },
      onFree: () => {
        if (connection.open) idle.push({ connection, since: performance.now() });
        else all.delete(connection);
        waiting.shift()?.();
      },
      onClose: () => {
        all.delete(connection);
        const at = idle.findIndex((entry) => entry.connection === connection);
        if (at !== -1) idle.splice(at, 1);
      },
    });
    all.add(connection);
    return connection;
  }

  /** Returns undefined if all connections are busy. */
  function take(): Connection | undefined {
    for (let entry = idle.pop(); entry; entry = idle.pop()) {
      const { connection, since } = entry;
      if (connection.open && performance.now() - since < MAX_IDLE_MS) return connection;
      all.delete(connection);
      connection.close();
    }
    return all.size < maxSockets ? connect() : undefined;
  }

  async function waitForOne(): Promise<Connection> {
    for (;;) {
      await new Promise<void>((resolve) => waiting.push(resolve));
      const connection = take();
      if (connection) return connection;
    }
  }

  return {
    send(request) {
      const connection = take();
      if (connection) return connection.exchange(request);
      return waitForOne().then((freed) => freed.exchange(request));
    },
    close() {
      for (const connection of all) connection.close();
    },
  };
}
