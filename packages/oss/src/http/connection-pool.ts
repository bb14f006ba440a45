import type { Tunnel } from "@exhibit/credentials";
import { type Answer, interrupted } from "../api/store-error.ts";
import type { Address } from "../signing/addressing.ts";
import { createPacer, type Pacer } from "./bandwidth-pacer.ts";
import { type Connection, type ConnectionOptions, openConnection } from "./connection.ts";
import { openTunnelled } from "./tunnelled-connection.ts";

/** A request's body. Its length is told beforehand and kept to: OSS truncates or refuses what differs from it. */
export interface OutgoingBody {
  length: number;
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>;
  /** Bytes that went into the connection, as they go. */
  onBytes?: (bytes: number) => void;
}

export interface OutgoingRequest {
  method: string;
  address: Address;
  headers: Readonly<Record<string, string>>;
  body?: OutgoingBody;
  signal?: AbortSignal | undefined;
}

export interface Transport {
  /**
   * Sends one request and reads its answer whole, whatever its status; an answer that comes before the body is out ends
   * the sending. Throws the body's own error if that fails, INTERRUPTED on abort, else what the connection broke with.
   */
  send(request: OutgoingRequest): Promise<Answer>;
  /** Bytes a second that bodies may take, all together, from now on; undefined: no limit. */
  pace(rate: number | undefined): void;
  close(): void;
}

export interface TransportOptions {
  /** Connections at a time to one host. */
  maxSockets: number;
  /** Milliseconds without a byte either way, connecting included. */
  idleTimeout: number;
  /** The way through a proxy, where there is one. */
  tunnel?: Tunnel | undefined;
}

/** Milliseconds after which a connection at rest isn't used again: OSS closes it some time, and a request that meets that is lost. */
const REST = 30_000;

/** Requests over connections that are kept and belong to this transport alone. Certificates are verified. */
export function createTransport(options: TransportOptions): Transport {
  const hosts = new Map<string, Host>();
  const pacer = createPacer();
  const hostOf = (address: Address): Host => {
    const id = `${address.secure ? "https" : "http"} ${address.hostname} ${address.port}`;
    const host = hosts.get(id) ?? createHost(address, options, pacer);
    hosts.set(id, host);
    return host;
  };
  return {
    send(request) {
      if (request.signal?.aborted) return Promise.reject(interrupted(request.signal));
      return hostOf(request.address).send(request);
    },
    pace: (rate) => pacer.pace(rate),
    close() {
      for (const host of hosts.values()) host.close();
    },
  };
}

/** The connections to one host. */
interface Host {
  send(request: OutgoingRequest): Promise<Answer>;
  close(): void;
}

function createHost(
  { secure, hostname, port }: Address,
  { maxSockets, idleTimeout, tunnel }: TransportOptions,
  pacer: Pacer,
): Host {
  const all = new Set<Connection>();
  /** The one that has rested least is taken first, so that those too many come to their end. */
  const resting: { connection: Connection; since: number }[] = [];
  const waiting: (() => void)[] = [];
  let session: Buffer | undefined;
  const target = { secure, hostname, port: Number(port || (secure ? 443 : 80)) };

  const open = tunnel?.(target);

  function openTo(options: ConnectionOptions): Connection {
    if (open === undefined) return openConnection(options);
    return openTunnelled(options, (signal) => open({ signal, timeout: idleTimeout }));
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
        if (connection.open) resting.push({ connection, since: performance.now() });
        else all.delete(connection);
        waiting.shift()?.();
      },
      onClose: () => {
        all.delete(connection);
        const at = resting.findIndex((rested) => rested.connection === connection);
        if (at !== -1) resting.splice(at, 1);
      },
    });
    all.add(connection);
    return connection;
  }

  /** Undefined: all are busy. */
  function take(): Connection | undefined {
    for (let rested = resting.pop(); rested; rested = resting.pop()) {
      const { connection, since } = rested;
      if (connection.open && performance.now() - since < REST) return connection;
      all.delete(connection);
      connection.close();
    }
    return all.size < maxSockets ? connect() : undefined;
  }

  async function waitFor(): Promise<Connection> {
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
      return waitFor().then((freed) => freed.exchange(request));
    },
    close() {
      for (const connection of all) connection.close();
    },
  };
}
