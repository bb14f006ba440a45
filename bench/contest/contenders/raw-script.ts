import { connect } from "node:net";
import { parseArgs } from "node:util";

// node raw-script.ts ENDPOINT --files N --bytes N: one PUT over and over, from memory, on kept connections.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { files: { type: "string", default: "1" }, bytes: { type: "string", default: "1" } },
});
const files = Number(values.files);
const size = Math.round(Number(values.bytes) / files);
const { hostname, port } = new URL(positionals[0] ?? "");
const CONNECTIONS = 16;
/** The bytes of one write; small bodies are sent together with their head. */
const PIECE = 1024 * 1024;

const piece = Buffer.alloc(Math.min(size, PIECE), "evidence");
const head = `PUT /bucket/raw/0.bin HTTP/1.1\r\nContent-Length: ${size}\r\n\r\n`;
const first = Buffer.concat([Buffer.from(head), piece]);
const OK = Buffer.from("HTTP/1.1 200 ");
let begun = 0;

for (let i = 0; i < Math.min(files, CONNECTIONS); i++) sendMany();

/** Sends without promises and parsing: each of the sink's responses arrives in one piece. */
function sendMany(): void {
  const socket = connect(Number(port), hostname).setNoDelay(true);
  let left = 0;
  const begin = () => {
    if (begun === files) return socket.end();
    begun += 1;
    left = size - piece.length;
    if (socket.write(first)) go();
    return undefined;
  };
  const go = () => {
    while (left > 0) {
      const sent = Math.min(left, piece.length);
      left -= sent;
      if (!socket.write(piece.subarray(0, sent))) return;
    }
  };
  socket.on("connect", begin);
  socket.on("drain", go);
  socket.on("data", (answer: Buffer) => {
    if (!OK.equals(answer.subarray(0, OK.length))) throw new Error(String(answer));
    begin();
  });
}
