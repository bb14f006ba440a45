import { createBandwidthPacer } from "./bandwidth-pacer.ts";
import {
  createHostConnections,
  type HostConnections,
  type HostOptions,
} from "./host-connections.ts";
import { interrupted } from "./interrupted.ts";
import type { Address, OutgoingRequest } from "./request.ts";
import type { HttpResponse } from "./response.ts";

export interface ConnectionPool {
  /**
   * Sends one request and returns its whole response, whatever the status. A response that arrives
   * before the body is out ends the sending. Throws the body's own error if the body fails,
   * INTERRUPTED if the request is aborted, and otherwise the connection's error.
   */
  send(request: OutgoingRequest): Promise<HttpResponse>;
  /** Sets how many bytes a second all bodies may take together; undefined removes the limit. */
  pace(rate: number | undefined): void;
  close(): void;
}

/** They hold for each host of the pool. */
export type ConnectionPoolOptions = HostOptions;

/** A pool keeps its connections open between requests. Certificates are verified. */
export function createConnectionPool(options: ConnectionPoolOptions): ConnectionPool {
  const hosts = new Map<string, HostConnections>();
  const pacer = createBandwidthPacer();
  const hostOf = (address: Address): HostConnections => {
    const id = `${address.secure ? "https" : "http"} ${address.hostname} ${address.port}`;
    const host = hosts.get(id) ?? createHostConnections(address, options, pacer);
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
