import type { IncomingHttpHeaders } from "node:http";
import type { BodySink } from "./body-sink.ts";
import type { HttpResponse } from "./response.ts";
import { createStreamedBody, type Framing, type StreamedBody } from "./streamed-body.ts";

/** Assembles the bytes of one HTTP/1.1 response (RFC 9112). */
export interface ResponseReader {
  /**
   * Takes received bytes, and returns the response once it is complete. `chunk` isn't referred to
   * afterwards. Throws for what isn't HTTP, and for a response without end.
   */
  take(chunk: Buffer): CompleteResponse | undefined;
  /**
   * Says that nothing more comes. Returns the response if it was one that ends with its connection;
   * any other is incomplete.
   */
  end(): CompleteResponse | undefined;
}

export interface CompleteResponse {
  response: HttpResponse;
  /** Whether the connection takes another request. */
  reusable: boolean;
}

/** Bytes. OSS's responses to our requests are headers and a small XML, unless a sink takes them. */
const MAX_RESPONSE = 1024 * 1024;
const END_OF_HEAD = "\r\n\r\n";
const NOTHING: Buffer = Buffer.alloc(0);

interface Head {
  status: number;
  headers: IncomingHttpHeaders;
  framing: Framing;
  length: number;
  keepAlive: boolean;
}

/**
 * `method` is the request's: the response to HEAD declares a body that doesn't come. The body of a
 * success goes to the sink, if there is one, and the response's own is then empty.
 */
export function createResponseReader(method: string, sink?: BodySink): ResponseReader {
  /** Received, but not read yet. */
  let bytes: Buffer = NOTHING;
  let head: Head | undefined;
  let streamed: StreamedBody | undefined;

  function complete(body: Buffer, rest: number): CompleteResponse {
    const { status = 0, headers = {}, keepAlive = false } = head ?? {};
    // Superfluous bytes can't be told from the next response.
    return { response: { status, headers, body }, reusable: keepAlive && rest === 0 };
  }

  function cutHead(): Head | undefined {
    for (;;) {
      const end = bytes.indexOf(END_OF_HEAD);
      if (end === -1) return undefined;
      const found = readHead(bytes.toString("latin1", 0, end), method);
      bytes = bytes.subarray(end + END_OF_HEAD.length);
      // "A client MUST be able to parse one or more 1xx responses received prior to a final
      // response."
      if (found.status >= 200) return found;
    }
  }

  function beginBody(found: Head): void {
    if (sink === undefined || found.framing === "none" || found.status >= 300) return;
    sink.begin(found);
    streamed = createStreamedBody(found, (piece) => void sink.take(piece));
  }

  function read(): CompleteResponse | undefined {
    if (bytes.length > MAX_RESPONSE) {
      throw new Error(`the response is longer than ${MAX_RESPONSE} bytes`);
    }
    if (head === undefined) {
      head = cutHead();
      if (head) beginBody(head);
    }
    if (streamed !== undefined) {
      bytes = streamed.take(bytes);
      return streamed.isOver ? complete(NOTHING, bytes.length) : undefined;
    }
    if (head === undefined || head.framing === "until-end") return undefined;
    if (head.framing === "chunked") {
      const body = readChunks(bytes);
      return body && complete(body.content, bytes.length - body.end);
    }
    if (bytes.length < head.length) return undefined;
    return complete(copyOf(bytes.subarray(0, head.length)), bytes.length - head.length);
  }

  return {
    take(chunk) {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      const response = read();
      // The chunk's memory will be overwritten.
      if (response === undefined && bytes.buffer === chunk.buffer) bytes = Buffer.from(bytes);
      return response;
    },
    end: () => (head?.framing === "until-end" ? complete(bytes, 0) : undefined),
  };
}

function copyOf(bytes: Buffer): Buffer {
  return bytes.length === 0 ? NOTHING : Buffer.from(bytes);
}

function readHead(text: string, method: string): Head {
  const [first = "", ...lines] = text.split("\r\n");
  const [, minor, status] = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(first) ?? [];
  if (status === undefined) throw new Error("the response isn't HTTP/1.1");
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 1) throw new Error("the response has a broken header");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  const framing = framingOf(Number(status), method, headers);
  const closes = /\bclose\b/i.test(headers.connection ?? "");
  return {
    status: Number(status),
    headers,
    framing,
    length: framing === "length" ? lengthOf(headers) : 0,
    keepAlive: minor === "1" && !closes && framing !== "until-end",
  };
}

/** RFC 9112, section 6.3. */
function framingOf(
  status: number,
  method: string,
  headers: Readonly<Record<string, string>>,
): Framing {
  if (method === "HEAD" || status < 200 || status === 204 || status === 304) return "none";
  const coding = headers["transfer-encoding"];
  if (coding !== undefined) return /^chunked$/i.test(coding) ? "chunked" : "until-end";
  return headers["content-length"] === undefined ? "until-end" : "length";
}

function lengthOf(headers: Readonly<Record<string, string>>): number {
  const text = headers["content-length"] ?? "";
  if (!/^\d{1,15}$/.test(text)) throw new Error("the response's Content-Length is no number");
  return Number(text);
}

/** Returns the content and where its last chunk ends; undefined when more is to come. */
function readChunks(bytes: Buffer): { content: Buffer; end: number } | undefined {
  const pieces: Buffer[] = [];
  let at = 0;
  for (;;) {
    const line = bytes.indexOf("\r\n", at);
    if (line === -1) return undefined;
    const size = /^[0-9a-f]{1,8}(?=;|$)/i.exec(bytes.toString("latin1", at, line).trim())?.[0];
    if (size === undefined) throw new Error("the response has a broken chunk");
    const start = line + 2;
    const length = Number.parseInt(size, 16);
    if (length === 0) return endOfTrailers(bytes, line, pieces);
    if (bytes.length < start + length + 2) return undefined;
    pieces.push(bytes.subarray(start, start + length));
    at = start + length + 2;
  }
}

/** Trailers are ignored: no response to our requests has any. */
function endOfTrailers(bytes: Buffer, lastLine: number, pieces: Buffer[]) {
  const end = bytes.indexOf(END_OF_HEAD, lastLine);
  return end === -1 ? undefined : { content: Buffer.concat(pieces), end: end + END_OF_HEAD.length };
}
