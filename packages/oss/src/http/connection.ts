import net from "node:net";
import tls from "node:tls";
import type { BandwidthPacer } from "./bandwidth-pacer.ts";
import { brokenAfter, hungUp, timedOut } from "./connection-failure.ts";
import { type Exchange, startExchange } from "./exchange.ts";
import type { OutgoingRequest } from "./request.ts";
import type { HttpResponse } from "./response.ts";

/**
 * One HTTP/1.1 connection, one request at a time. node:http spends four times as much on a request
 * of ours: a PUT of 32 KiB takes 77 µs of CPU with it and 19 µs here (docs/performance.md).
 */
export interface Connection {
  /** Sends a request and reads its response whole. After a failure the connection is closed. */
  exchange(request: OutgoingRequest): Promise<HttpResponse>;
  /** Whether the connection can take another request. */
  readonly open: boolean;
  close(): void;
}

export interface ConnectionOptions {
  secure: boolean;
  hostname: string;
  port: number;
  /**
   * Milliseconds without a byte in either direction, in a request (connecting included) or between
   * two.
   */
  idleTimeout: number;
  /** A socket that is connected already, through a proxy. */
  socket?: net.Socket;
  /** Limits the rate at which bodies are written. */
  pacer: BandwidthPacer;
  /** The TLS session of an earlier connection to the same host, which shortens the handshake. */
  session?: Buffer | undefined;
  onSession(session: Buffer): void;
  /** Called after each request: `open` tells whether the connection can take another. */
  onFree(): void;
  /** Called when the connection was closed between two requests. */
  onClose(): void;
}

export function openConnection(options: ConnectionOptions): Connection {
  const socket = connect(options, (chunk) => {
    // Bytes that nobody asked for, such as a time-out's 408, belong to no request.
    if (current === undefined) close();
    else current.data(chunk);
  });
  let current: Exchange | undefined;
  let open = true;
  let isConnected = options.socket !== undefined && !options.secure;

  const close = () => {
    open = false;
    socket.destroy();
  };
  socket.setNoDelay(true);
  socket.setTimeout(options.idleTimeout);
  // The socket doesn't keep the process alive; a request does, by its timer.
  socket.unref();
  socket.once(options.secure ? "secureConnect" : "connect", () => {
    isConnected = true;
  });
  socket.on("end", () => {
    if (current === undefined) close();
    else current.ended();
  });
  socket.on("timeout", () => {
    if (current === undefined) close();
    else if (!current.isPaced) current.fail(timedOut("the connection was idle for too long"));
  });
  socket.on("error", (error) => current?.fail(error));
  socket.on("close", () => {
    open = false;
    if (current === undefined) options.onClose();
    else current.fail(hungUp());
  });

  return {
    get open() {
      return open && !socket.destroyed;
    },
    close,
    exchange(request) {
      return new Promise<HttpResponse>((resolve, reject) => {
        current = startExchange(socket, request, options.pacer, {
          responded(response, isReusable) {
            current = undefined;
            if (!isReusable) close();
            options.onFree();
            resolve(response);
          },
          failed(error) {
            const broken = isConnected && current ? brokenAfter(current.sent, error) : error;
            current = undefined;
            close();
            options.onFree();
            reject(broken);
          },
        });
      });
    },
  };
}

/**
 * The buffer that all connections read into, one after the other. A buffer for each read, of 64 KiB
 * before it is cut, would cost more than reading a response.
 */
const RECEIVED = Buffer.allocUnsafeSlow(64 * 1024);

/** Node verifies certificates by default. */
function connect(
  { secure, hostname, port, session, onSession, socket }: ConnectionOptions,
  onData: (chunk: Buffer) => void,
): net.Socket {
  const onread: net.OnReadOpts = {
    buffer: RECEIVED,
    callback(length) {
      onData(RECEIVED.subarray(0, length));
      return true;
    },
  };
  // A socket that is connected already can't be told what to read into.
  socket?.unref();
  if (!secure) return socket?.on("data", onData) ?? net.connect({ host: hostname, port, onread });
  const options: tls.ConnectionOptions & { onread: net.OnReadOpts } = {
    host: hostname,
    port,
    onread,
    ALPNProtocols: ["http/1.1"],
    ...(net.isIP(hostname) === 0 && { servername: hostname }),
    ...(session && { session }),
  };
  if (socket === undefined) return tls.connect(options).on("session", onSession);
  return tls
    .connect({ ...options, socket })
    .on("session", onSession)
    .on("data", onData);
}
