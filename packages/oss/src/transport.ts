import http from "node:http";
import https from "node:https";
import { ExhibitError } from "@exhibit/contracts";
import type { Address } from "./addressing.ts";
import { type Answer, interrupted } from "./errors.ts";
import { createPacer, type Pacer } from "./pacer.ts";

/** A request's body. Its length is told beforehand and kept to: OSS truncates or refuses what differs from it. */
export interface OutgoingBody {
  length: number;
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>;
  /** Bytes that went into the connection, as they go. */
  onBytes?: (bytes: number) => void;
}

interface OutgoingRequest {
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
}

/** Connections at rest are given up before OSS does it: a request that meets the closing one would be lost. */
const KEEP_ALIVE = 30_000;
/** OSS's answers to our requests are headers and a small XML. */
const MAX_ANSWER = 1024 * 1024;
/** However slow the line, a request ends after two minutes and a minute for each MiB; waiting for our own limit isn't counted. */
const LONGEST = 120_000;
const LONGEST_PER_BYTE = 60_000 / (1024 * 1024);
/** What is written at a time while there is a limit. */
const PACED_PIECE = 16 * 1024;

/** Requests over connections that are kept and belong to this transport alone. Certificates are verified. */
export function createTransport({ maxSockets, idleTimeout }: TransportOptions): Transport {
  const agentOptions = {
    keepAlive: true,
    maxSockets,
    maxFreeSockets: maxSockets,
    timeout: KEEP_ALIVE,
  };
  const plain = new http.Agent(agentOptions);
  const secure = new https.Agent(agentOptions);
  const pacer = createPacer();
  return {
    async send(request) {
      if (request.signal?.aborted) throw interrupted(request.signal);
      const { address, body } = request;
      const options = {
        agent: address.secure ? secure : plain,
        method: request.method,
        host: address.hostname,
        port: address.port,
        path: address.path,
        headers: { ...request.headers, ...(body && { "content-length": String(body.length) }) },
        timeout: idleTimeout,
      };
      const client = address.secure ? https.request(options) : http.request(options);
      return exchange(client, request, pacer);
    },
    pace: (rate) => pacer.pace(rate),
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

/** How far a request is; its two halves run side by side. */
interface Progress {
  /** The whole body was handed over. */
  ended: boolean;
  /** The answer has begun, or will never come. */
  over: boolean;
  /** It is we who let the connection wait, for our own limit. */
  isPaced: boolean;
  /** Milliseconds that it has waited so. */
  paced: number;
}

function exchange(
  client: http.ClientRequest,
  { body, signal }: OutgoingRequest,
  pacer: Pacer,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const progress: Progress = { ended: false, over: false, isPaced: false, paced: 0 };
    const onAbort = () => signal && fail(interrupted(signal));
    const release = () => {
      clearTimeout(longest);
      signal?.removeEventListener("abort", onAbort);
      progress.over = true;
    };
    // The first failure decides: what a destroyed connection emits afterwards finds the promise settled.
    const fail = (error: unknown) => {
      release();
      reject(error);
      client.destroy();
    };
    const answered = (answer: Answer) => {
      release();
      resolve(answer);
      // OSS didn't wait for the rest of the body, so this connection can't be used again.
      if (!progress.ended) client.destroy();
    };
    const tooLong = () => {
      const { paced } = progress;
      if (paced === 0 && !progress.isPaced) return fail(timedOut("the request took too long"));
      progress.paced = 0;
      longest = setTimeout(tooLong, Math.max(paced, LONGEST));
    };
    let longest = setTimeout(tooLong, LONGEST + (body?.length ?? 0) * LONGEST_PER_BYTE);
    signal?.addEventListener("abort", onAbort);
    client.on("error", fail);
    client.on("timeout", () => {
      if (!progress.isPaced) fail(timedOut("the connection was idle for too long"));
    });
    client.on("response", (response) => {
      progress.over = true;
      readAnswer(response).then(answered, fail);
    });
    writeBody(client, body, progress, pacer).catch(fail);
  });
}

async function readAnswer(response: http.IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER) throw new Error(`the answer is longer than ${MAX_ANSWER} bytes`);
    chunks.push(chunk);
  }
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(chunks),
  };
}

/** Ends the request only when exactly the promised bytes are in it, so that OSS can't store a part for the whole. */
async function writeBody(
  client: http.ClientRequest,
  body: OutgoingBody | undefined,
  progress: Progress,
  pacer: Pacer,
): Promise<void> {
  const length = body?.length ?? 0;
  let sent = 0;
  for await (const chunk of body?.chunks ?? []) {
    if (progress.over) return;
    sent += chunk.length;
    if (sent > length) break;
    for (const piece of pacer.isOn ? piecesOf(chunk) : [chunk]) {
      if (!pacer.tryTake(piece.length)) await itsTurn(client, piece.length, progress, pacer);
      if (progress.over) return;
      const room = client.write(piece);
      body?.onBytes?.(piece.length);
      if (!room) await drained(client);
    }
  }
  if (progress.over) return;
  if (sent !== length) {
    const difference = sent > length ? "more" : "fewer";
    throw new ExhibitError(
      "SOURCE_CHANGED",
      `The body has ${difference} than its ${length} bytes.`,
    );
  }
  progress.ended = true;
  client.end();
}

/** Small ones, so that a slow line is shared among all who send and never silent for long. */
function* piecesOf(chunk: Buffer): Generator<Buffer> {
  for (let start = 0; start < chunk.length; start += PACED_PIECE)
    yield chunk.subarray(start, start + PACED_PIECE);
}

/** Until there is room again, or until there is nothing left to send for. */
function drained(client: http.ClientRequest): Promise<void> {
  return unlessOver(client, (go) => {
    client.on("drain", go);
    return () => client.off("drain", go);
  });
}

/** Until the limit lets so many bytes go, or until there is nothing left to send for. */
async function itsTurn(
  client: http.ClientRequest,
  bytes: number,
  progress: Progress,
  pacer: Pacer,
): Promise<void> {
  const startedAt = performance.now();
  progress.isPaced = true;
  await unlessOver(client, (go) => pacer.wait(bytes, go));
  progress.isPaced = false;
  progress.paced += performance.now() - startedAt;
}

/** Resolves when what is waited for calls `go`, or with the answer or the end of the connection. */
function unlessOver(
  client: http.ClientRequest,
  wait: (go: () => void) => () => void,
): Promise<void> {
  return new Promise((resolve) => {
    const events = ["response", "close"] as const;
    let stop = () => {};
    const go = () => {
      for (const event of events) client.off(event, go);
      stop();
      resolve();
    };
    for (const event of events) client.on(event, go);
    stop = wait(go);
  });
}

function timedOut(message: string): Error {
  return Object.assign(new Error(message), { code: "ETIMEDOUT" });
}
