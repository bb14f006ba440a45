import net from "node:net";
import tls from "node:tls";
import { ExhibitError } from "@exhibit/contracts";
import { type Answer, interrupted } from "../api/store-error.ts";
import type { Address } from "../signing/addressing.ts";
import { onAbort } from "./abort-listeners.ts";
import type { Pacer } from "./bandwidth-pacer.ts";
import type { OutgoingBody, OutgoingRequest } from "./connection-pool.ts";
import { createAnswerReader } from "./response-reader.ts";

/**
 * One HTTP/1.1 connection, one request at a time. node:http spends four times as much on a request of ours: a PUT of 32 KiB
 * takes 77 µs of CPU by it and 19 µs here (docs/performance.md).
 */
export interface Connection {
  /** Sends a request and reads its answer whole. After a failure the connection is closed. */
  exchange(request: OutgoingRequest): Promise<Answer>;
  /** Whether it can take another request. */
  readonly open: boolean;
  close(): void;
}

export interface ConnectionOptions {
  secure: boolean;
  hostname: string;
  port: number;
  /** Milliseconds without a byte either way, connecting included, in a request or between two. */
  idleTimeout: number;
  /** Leads there already, through a proxy. */
  socket?: net.Socket;
  /** What bodies are written at the pace of. */
  pacer: Pacer;
  /** Of an earlier connection to the same host, so that TLS is agreed on faster. */
  session?: Buffer | undefined;
  onSession(session: Buffer): void;
  /** It is done with a request: `open` tells whether it can take another. */
  onFree(): void;
  /** It was closed while it rested. */
  onClose(): void;
}

/** However slow the line, a request ends after two minutes and a minute for each MiB; waiting for our own limit isn't counted. */
const LONGEST = 120_000;
const LONGEST_PER_BYTE = 60_000 / (1024 * 1024);
/** What is written at a time while there is a limit. */
const PACED_PIECE = 16 * 1024;

/** What waits for the answer. */
interface Exchange {
  /** Bytes of the body that were handed over. */
  sent: number;
  /** The whole body was. */
  written: boolean;
  /** The answer has come, or never will. */
  over: boolean;
  /** It is we who let the connection wait, for our own limit. */
  isPaced: boolean;
  /** Milliseconds that it has waited so. */
  paced: number;
  /** The bytes are overwritten by the next ones. */
  data(chunk: Buffer): void;
  ended(): void;
  fail(error: unknown): void;
}

export function openConnection(options: ConnectionOptions): Connection {
  const socket = connect(options, (chunk) => {
    // What comes unasked, such as a time-out's 408, belongs to no request.
    if (current === undefined) close();
    else current.data(chunk);
  });
  let current: Exchange | undefined;
  let open = true;
  let stands = options.socket !== undefined && !options.secure;

  const close = () => {
    open = false;
    socket.destroy();
  };
  socket.setNoDelay(true);
  socket.setTimeout(options.idleTimeout);
  // It keeps no process alive: a request does, by its timer.
  socket.unref();
  socket.once(options.secure ? "secureConnect" : "connect", () => {
    stands = true;
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
      return new Promise<Answer>((resolve, reject) => {
        current = startExchange(socket, request, options.pacer, {
          answered(answer, reusable) {
            current = undefined;
            if (!reusable) close();
            options.onFree();
            resolve(answer);
          },
          failed(error) {
            const broken = stands && current ? brokenAfter(current.sent, error) : error;
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

/** In whole seconds: Node keeps a list of its own for each length of timers. */
function longestFor(bytes: number): number {
  return LONGEST + Math.ceil((bytes * LONGEST_PER_BYTE) / 1000) * 1000;
}

interface Outcome {
  answered(answer: Answer, reusable: boolean): void;
  failed(error: unknown): void;
}

/** The first outcome decides: what a destroyed socket says afterwards finds nobody. */
function startExchange(
  socket: net.Socket,
  request: OutgoingRequest,
  pacer: Pacer,
  { answered, failed }: Outcome,
): Exchange {
  const { body, signal } = request;
  const reader = createAnswerReader(request.method);
  const tooLong = () => {
    const { paced, isPaced } = exchange;
    if (paced === 0 && !isPaced) return exchange.fail(timedOut("the request took too long"));
    exchange.paced = 0;
    longest = setTimeout(tooLong, Math.max(paced, LONGEST));
  };
  let longest = setTimeout(tooLong, longestFor(body?.length ?? 0));
  const finish = (outcome: () => void) => {
    if (exchange.over) return;
    exchange.over = true;
    clearTimeout(longest);
    stopListening();
    outcome();
  };
  const exchange: Exchange = {
    sent: 0,
    written: false,
    over: false,
    isPaced: false,
    paced: 0,
    data(chunk) {
      try {
        const whole = reader.take(chunk);
        // An answer that comes before the body is out ends the sending, and the connection with it.
        const isSent = exchange.written && socket.writableLength === 0;
        if (whole) finish(() => answered(whole.answer, whole.reusable && isSent));
      } catch (error) {
        exchange.fail(error);
      }
    },
    ended() {
      const whole = reader.end();
      if (whole) finish(() => answered(whole.answer, false));
      else exchange.fail(hungUp());
    },
    fail: (error) => finish(() => failed(error)),
  };
  const stopListening = onAbort(signal, () => signal && exchange.fail(interrupted(signal)));
  void write(socket, request, exchange, pacer);
  return exchange;
}

/** Ends the request only when exactly the promised bytes are in it, so that OSS can't store a part for the whole. */
async function write(
  socket: net.Socket,
  request: OutgoingRequest,
  exchange: Exchange,
  pacer: Pacer,
): Promise<void> {
  const { length, chunks, onBytes } = request.body ?? NO_BODY;

  function writeNow(piece: Buffer): Promise<void> | undefined {
    const room = socket.write(piece);
    socket.uncork();
    onBytes?.(piece.length);
    return room ? undefined : drained(socket);
  }

  async function writePaced(chunk: Buffer): Promise<void> {
    for (const piece of piecesOf(chunk)) {
      if (!pacer.tryTake(piece.length)) await itsTurn(socket, piece.length, exchange, pacer);
      if (exchange.over) return;
      await writeNow(piece);
    }
  }

  /** Gives what has to be waited for before the next chunk. */
  function take(chunk: Buffer): Promise<void> | undefined {
    exchange.sent += chunk.length;
    if (exchange.sent > length) throw wrongLength(length, exchange.sent);
    return pacer.isOn ? writePaced(chunk) : writeNow(chunk);
  }

  try {
    // Head and first bytes leave together.
    socket.cork();
    socket.write(headOf(request), "latin1");
    if (Symbol.asyncIterator in chunks) {
      for await (const chunk of chunks) {
        if (exchange.over) return;
        await take(chunk);
      }
    } else {
      // `for await` and an await for nothing leave garbage of each small file.
      for (const chunk of chunks) {
        if (exchange.over) return;
        const wait = take(chunk);
        if (wait) await wait;
      }
    }
    if (exchange.over) return;
    if (exchange.sent !== length) throw wrongLength(length, exchange.sent);
    exchange.written = true;
    socket.uncork();
  } catch (error) {
    exchange.fail(error);
  }
}

const NO_BODY: OutgoingBody = { length: 0, chunks: [] };

/** Small ones, so that a slow line is shared among all who send and never silent for long. */
function* piecesOf(chunk: Buffer): Generator<Buffer> {
  for (let start = 0; start < chunk.length; start += PACED_PIECE)
    yield chunk.subarray(start, start + PACED_PIECE);
}

/** Until there is room again, or until there is nothing left to send for. */
function drained(socket: net.Socket): Promise<void> {
  return unlessClosed(socket, (go) => {
    socket.on("drain", go);
    return () => socket.off("drain", go);
  });
}

/** Until the limit lets so many bytes go, or until there is nothing left to send for. */
async function itsTurn(
  socket: net.Socket,
  bytes: number,
  exchange: Exchange,
  pacer: Pacer,
): Promise<void> {
  const startedAt = performance.now();
  exchange.isPaced = true;
  await unlessClosed(socket, (go) => pacer.wait(bytes, go));
  exchange.isPaced = false;
  exchange.paced += performance.now() - startedAt;
}

/** Resolves when what is waited for calls `go`, or when the connection closes, as an answer that comes early has it done. */
function unlessClosed(socket: net.Socket, wait: (go: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    let stop = () => {};
    const go = () => {
      socket.off("close", go);
      stop();
      resolve();
    };
    socket.on("close", go);
    stop = wait(go);
  });
}

function headOf({ method, address, headers, body }: OutgoingRequest): string {
  let head = `${method} ${checked(address.path)} HTTP/1.1\r\nhost: ${checked(hostOf(address))}\r\n`;
  for (const name of Object.keys(headers))
    head += `${checked(name)}: ${checked(headers[name] ?? "")}\r\n`;
  // A body's length has to be told, also where there is none: servers wait for what a POST may bring.
  if (body !== undefined) head += `content-length: ${body.length}\r\n`;
  else if (method === "POST" || method === "PUT") head += "content-length: 0\r\n";
  return `${head}connection: keep-alive\r\n\r\n`;
}

/** A line break in a value would be another header, or another request. */
function checked(text: string): string {
  if (FORBIDDEN.test(text)) throw new Error("a header holds a character that none may");
  return text;
}

const FORBIDDEN = /[^\t\x20-\x7e\x80-\xff]/;

function hostOf({ secure, hostname, port }: Address): string {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return port === "" || port === (secure ? "443" : "80") ? host : `${host}:${port}`;
}

/**
 * What all connections read into, one after the other: a buffer for each read, of 64 KiB before it is cut, costs more than
 * reading an answer.
 */
const RECEIVED = Buffer.allocUnsafeSlow(64 * 1024);

/** Certificates are verified: Node's default. */
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
  // It can't be told any more what to read into.
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

function wrongLength(length: number, sent: number): ExhibitError {
  const difference = sent > length ? "more" : "fewer";
  return new ExhibitError("SOURCE_CHANGED", `The body has ${difference} than its ${length} bytes.`);
}

/** The error of a connection that stood, with how far the request's body had come: see `bytesSentOf`. */
function brokenAfter(bytesSent: number, error: unknown): unknown {
  const isItsOwn = error instanceof Error && !(error instanceof ExhibitError);
  return isItsOwn ? Object.assign(error, { bytesSent }) : error;
}

/** Undefined for what isn't the failure of a connection that stood. */
export function bytesSentOf(thrown: unknown): number | undefined {
  const isTold = thrown instanceof Error && "bytesSent" in thrown;
  return isTold ? Number(thrown.bytesSent) : undefined;
}

function hungUp(): Error {
  return Object.assign(new Error("the connection was closed before the answer"), {
    code: "ECONNRESET",
  });
}

function timedOut(message: string): Error {
  return Object.assign(new Error(message), { code: "ETIMEDOUT" });
}
