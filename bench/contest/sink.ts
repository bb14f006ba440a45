import { createServer, Socket, type SocketConstructorOpts } from "node:net";
import { parseArgs } from "node:util";
import { crc64Combine } from "@exhibit/oss/simulation";
import { BLOCK, type FileDigests, readDigests } from "./data-set.ts";

// An OSS that throws bodies away, as a process: node bench/contest/sink.ts --digests FILE [--delay MILLISECONDS].
// It parses HTTP itself, because node:http would cost more than what is measured. It computes no
// digest: it knows the files, whose names are their numbers, and responds with their CRC64 (a part's
// is combined from the CRC64s of its blocks).

const { values } = parseArgs({
  options: {
    digests: { type: "string", default: "" },
    delay: { type: "string", default: "0" },
    port: { type: "string", default: "0" },
  },
});
const delay = Number(values.delay);
const digests = await readDigests(values.digests);
const END_OF_HEAD = "\r\n\r\n";
const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
const ETAG = '"00000000000000000000000000000000-1"';

interface Head {
  method: string;
  path: string;
  length: number;
}

let date = new Date().toUTCString();
setInterval(() => (date = new Date().toUTCString()), 1000).unref();

/** All connections read into this buffer in turn: a buffer for each read would be half of a small PUT's cost. */
const received = Buffer.alloc(512 * 1024);

/** Wraps an accepted connection in a socket that reads into `received`: node:net has no option for that. */
function accept(accepted: Socket): void {
  const { _handle: handle } = accepted as Socket & { _handle: unknown };
  const onread: SocketConstructorOpts["onread"] = {
    buffer: received,
    callback(length) {
      take(received.subarray(0, length));
      return true;
    },
  };
  const socket = new Socket({ handle, onread } as SocketConstructorOpts);
  const take = createReader(socket);
  socket.setNoDelay(true);
  socket.on("error", () => {});
  socket.resume();
}

/** Returns a reader for the bytes of a connection, which parses heads and counts bodies. */
function createReader(socket: Socket): (bytes: Buffer) => void {
  let kept: Buffer | undefined;
  let head: Head | undefined;
  let left = 0;
  return (received) => {
    const bytes = kept === undefined ? received : Buffer.concat([kept, received]);
    kept = undefined;
    let at = 0;
    while (at < bytes.length) {
      if (head === undefined) {
        const end = bytes.indexOf(END_OF_HEAD, at, "latin1");
        if (end === -1) {
          kept = Buffer.from(bytes.subarray(at));
          return;
        }
        head = readHead(bytes.toString("latin1", at, end), socket);
        left = head.length;
        at = end + END_OF_HEAD.length;
      }
      const taken = Math.min(left, bytes.length - at);
      left -= taken;
      at += taken;
      if (left > 0) return;
      reply(socket, head);
      head = undefined;
    }
  };
}

function readHead(text: string, socket: Socket): Head {
  const [method = "", path = ""] = text.slice(0, text.indexOf("\r\n")).split(" ", 2);
  if (/^expect: *100-continue/im.test(text)) socket.write(CONTINUE);
  if (/^transfer-encoding: *chunked/im.test(text)) throw new Error(`a chunked body: ${path}`);
  return { method, path, length: Number(/^content-length: *(\d+)/im.exec(text)?.[1] ?? 0) };
}

function reply(socket: Socket, head: Head): void {
  const answer = answerTo(head);
  if (delay === 0) socket.write(answer);
  else setTimeout(() => socket.write(answer), delay);
}

function answerTo({ method, path, length }: Head): string {
  const [place = "", query = ""] = path.split("?", 2);
  const file = digests[Number(/(\d+)\.bin$/.exec(place)?.[1])];
  if (method === "PUT" && file) {
    const part = /partNumber=(\d+)/.exec(query)?.[1];
    const crc64 =
      part === undefined ? file.crc64 : crc64OfPart(file, { place, number: Number(part), length });
    return head(200, 0, `ETag: ${ETAG}\r\nx-oss-hash-crc64ecma: ${crc64}\r\n`);
  }
  if (method === "POST" && query.startsWith("uploads"))
    return xml(
      `<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>`,
    );
  if (method === "POST" && file) {
    return xml(
      `<CompleteMultipartUploadResult><ETag>${ETAG}</ETag></CompleteMultipartUploadResult>`,
      `x-oss-hash-crc64ecma: ${file.crc64}\r\n`,
    );
  }
  if (method === "DELETE") return head(204, 0);
  if (method === "PUT") return head(200, 0);
  return head(404, 0);
}

function head(status: number, length: number, more = ""): string {
  return `HTTP/1.1 ${status} X\r\nDate: ${date}\r\nx-oss-request-id: 5C06A3B67B8B5A3DA422299D\r\n${more}Content-Length: ${length}\r\n\r\n`;
}

function xml(body: string, more = ""): string {
  return head(200, body.length, `Content-Type: application/xml\r\n${more}`) + body;
}

/** Part sizes by object. Parts have one size, in whole blocks, except the last, which may arrive first: it is no multiple of a block, or shorter than another. */
const partSizes = new Map<string, number>();

function crc64OfPart(
  file: FileDigests,
  { place, number, length }: { place: string; number: number; length: number },
): bigint {
  // By object: contenders have parts of different sizes.
  const size = partSizes.get(place) ?? 0;
  if (length > size) partSizes.set(place, length);
  const isLast = length % BLOCK !== 0 || length < size;
  const start = isLast ? file.size - length : (number - 1) * length;
  if (start % BLOCK !== 0) throw new Error(`a part that begins at ${start}`);
  const blocks = file.blocks.slice(start / BLOCK, Math.ceil((start + length) / BLOCK));
  return blocks.reduce(
    (crc64, block, index) => crc64Combine(crc64, block, Math.min(BLOCK, length - index * BLOCK)),
    0n,
  );
}

const server = createServer({ pauseOnConnect: true }, accept);
server.listen(Number(values.port), "127.0.0.1", () => {
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  process.stdout.write(`The sink listens on ${port}\n`);
});
