import { type IncomingHttpHeaders, type IncomingMessage, request as sendHttp } from "node:http";
import type { Socket } from "node:net";
import { ExhibitError } from "@exhibit/contracts";
import { type Dialler, dial } from "./dial.ts";
import { unreachable } from "./faults.ts";

export interface SafeRequest {
  /** @defaultValue GET */
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** How many redirects of a GET are followed; the answer is the redirect itself beyond none. @defaultValue 0 */
  readonly redirects?: number;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for name, connection and TLS. @defaultValue 10,000 */
  readonly connectWithin?: number;
  /** Milliseconds until the answer's headers are there. @defaultValue 30,000 */
  readonly answerWithin?: number;
  /** Milliseconds without any byte of the body. @defaultValue 60,000 */
  readonly silence?: number;
}

export interface SafeResponse extends Disposable {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Where the answer came from, after redirects. */
  readonly url: URL;
  /** The address that it was connected to, for logs. */
  readonly address: string;
  /** The bytes as they come; throws ADDRESS_UNREACHABLE when they end early, or none come. */
  readonly body: AsyncIterable<Buffer>;
}

const CONNECT_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 30_000;
const SILENCE_TIMEOUT_MS = 60_000;
/** Bytes of an answer's line and headers together. */
const MAX_HEAD_BYTES = 16 * 1024;

/** Sends one request over a connection of its own, and returns the answer with an unread body. */
export async function exchange(
  url: URL,
  request: SafeRequest,
  dialler: Dialler,
): Promise<SafeResponse> {
  const { connectWithin = CONNECT_TIMEOUT_MS, answerWithin = ANSWER_TIMEOUT_MS, signal } = request;
  const { silence = SILENCE_TIMEOUT_MS } = request;
  const socket = await within(connectWithin, url, "be connected to", signal, (limited) =>
    dial(url, dialler, limited),
  );
  const address = socket.remoteAddress ?? "";
  try {
    const message = await within(answerWithin, url, "answer", signal, (limited) =>
      answerOf(socket, url, request, limited),
    );
    return {
      status: message.statusCode ?? 0,
      headers: message.headers,
      url,
      address,
      body: bodyOf(message, socket, { url, silence, signal }),
      [Symbol.dispose]: () => void socket.destroy(),
    };
  } catch (thrown) {
    socket.destroy();
    throw thrown;
  }
}

/** Runs work under a signal that also aborts when it takes too long. */
async function within<T>(
  limit: number,
  url: URL,
  what: string,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  outer?.throwIfAborted();
  const controller = new AbortController();
  const { promise: given, reject } = Promise.withResolvers<never>();
  const stop = (reason: unknown) => {
    controller.abort(reason);
    reject(reason);
  };
  const late = new ExhibitError(
    "ADDRESS_UNREACHABLE",
    `${url.host} doesn't answer: it didn't ${what} within ${limit / 1000} s.`,
  );
  const timer = setTimeout(() => stop(late), limit);
  const ended = () => stop(outer?.reason);
  outer?.addEventListener("abort", ended, { once: true });
  const done = work(controller.signal);
  // What comes after the time is over is nobody's: a connection would stay open.
  given.catch(() => done.then(closeLate, () => {}));
  try {
    return await Promise.race([done, given]);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", ended);
  }
}

function closeLate(result: unknown): void {
  (result as { destroy?: () => void }).destroy?.();
}

async function answerOf(
  socket: Socket,
  url: URL,
  { method = "GET", headers = {}, body }: SafeRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const length: Record<string, string> =
    body === undefined ? {} : { "content-length": String(body.length) };
  const outgoing = sendHttp({
    // Without an agent: no proxy of the environment, and no connection of somebody else's.
    createConnection: () => socket,
    method,
    path: `${url.pathname}${url.search}`,
    setHost: false,
    maxHeaderSize: MAX_HEAD_BYTES,
    headers: {
      host: url.host,
      "user-agent": "Exhibit",
      "accept-encoding": "identity",
      ...headers,
      ...length,
      connection: "close",
    },
  });
  const aborted = () => outgoing.destroy();
  signal.addEventListener("abort", aborted, { once: true });
  outgoing
    .once("response", resolve)
    // Nobody asked for another protocol.
    .once("upgrade", () => reject(unreachable(url, new Error("it doesn't speak plain HTTP"))))
    .on("error", (cause) => reject(signal.aborted ? signal.reason : unreachable(url, cause)));
  outgoing.end(body);
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", aborted);
  }
}

async function* bodyOf(
  message: IncomingMessage,
  socket: Socket,
  { url, silence, signal }: { url: URL; silence: number; signal: AbortSignal | undefined },
): AsyncGenerator<Buffer> {
  const late = new Error(`nothing has come for ${silence / 1000} s`);
  const silent = () => message.destroy(late);
  const aborted = () => message.destroy(signal?.reason as Error);
  socket.setTimeout(silence, silent);
  signal?.addEventListener("abort", aborted, { once: true });
  if (signal?.aborted === true) aborted();
  try {
    for await (const part of message) yield part as Buffer;
  } catch (thrown) {
    throw signal?.aborted === true ? signal.reason : unreachable(url, thrown);
  } finally {
    signal?.removeEventListener("abort", aborted);
    socket.destroy();
  }
}
