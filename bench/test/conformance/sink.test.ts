import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { crc64Combine } from "@exhibit/oss/simulation";
import { freePort, startServer, stopProcess } from "@exhibit/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type DataSet, makeDataSet, readDigests } from "../../contest/data-set.ts";

const MiB = 1024 * 1024;
let stack: AsyncDisposableStack;
let data: DataSet;
let port: number;

beforeAll(async () => {
  stack = new AsyncDisposableStack();
  data = stack.adopt(await makeDataSet([100, 5 * MiB, 5 * MiB + 100]), (set) => set.remove());
  port = await freePort();
  const script = join(import.meta.dirname, "../../contest/sink.ts");
  const args = [script, "--digests", data.digests, "--port", String(port)];
  const sink = await startServer(process.execPath, args, { ready: /The sink listens/ });
  stack.defer(() => stopProcess(sink));
});
afterAll(() => stack.disposeAsync());

async function dial(): Promise<Socket> {
  const socket = connect(port, "127.0.0.1").setNoDelay(true);
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
}

/** Resolves with what came, once it has so many heads. */
function answers(socket: Socket, count: number): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
      if (text.split("\r\n\r\n").length > count) resolve(text);
    });
  });
}

const headOf = (target: string, length: number) =>
  `PUT /bucket/${target} HTTP/1.1\r\nHost: x\r\ncontent-length: ${length}\r\n\r\n`;

function crcsIn(text: string): string[] {
  return [...text.matchAll(/x-oss-hash-crc64ecma: (\d+)/g)].map(([, crc = ""]) => crc);
}

test("each PUT is answered with its file's CRC64, however its bytes are cut, on many connections at once", async () => {
  const [small, large] = await readDigests(data.digests);
  const wire = Buffer.concat([
    Buffer.from(headOf("0.bin", 100)),
    randomBytes(100),
    Buffer.from(headOf("a/1.bin", 5 * MiB)),
    randomBytes(5 * MiB),
    Buffer.from(headOf("0.bin", 100)),
    randomBytes(100),
  ]);
  const texts = await Promise.all(
    [7, 60, 1000, 65_536].map(async (step) => {
      const socket = await dial();
      const text = answers(socket, 3);
      // Only the heads are cut small: five million bytes one by one would take a minute.
      for (let at = 0; at < 400; at += step)
        socket.write(wire.subarray(at, Math.min(400, at + step)));
      socket.write(wire.subarray(400));
      const got = await text;
      socket.destroy();
      return got;
    }),
  );
  const expected = [small?.crc64, large?.crc64, small?.crc64].map(String);
  for (const text of texts) expect(crcsIn(text)).toEqual(expected);
});

test("a part is answered with the CRC64 of its own bytes, and the whole with the file's", async () => {
  const [, large] = await readDigests(data.digests);
  const socket = await dial();
  const text = answers(socket, 2);
  socket.write(headOf("1.bin?partNumber=1&uploadId=U1", 4 * MiB));
  socket.write(randomBytes(4 * MiB));
  socket.write(headOf("1.bin?partNumber=2&uploadId=U1", MiB));
  socket.write(randomBytes(MiB));
  expect(crcsIn(await text)[1]).toBe(String(large?.blocks[4]));
  const end = answers(socket, 1);
  socket.write("POST /bucket/1.bin?uploadId=U1 HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
  expect(crcsIn(await end)).toEqual([String(large?.crc64)]);
  socket.destroy();
});

test("parts are answered right also when the last one, which isn't whole blocks, comes first", async () => {
  const odd = (await readDigests(data.digests))[2];
  const socket = await dial();
  const text = answers(socket, 2);
  socket.write(headOf("2.bin?partNumber=2&uploadId=U1", MiB + 100));
  socket.write(randomBytes(MiB + 100));
  socket.write(headOf("2.bin?partNumber=1&uploadId=U1", 4 * MiB));
  socket.write(randomBytes(4 * MiB));
  const [last = "", first = ""] = crcsIn(await text);
  expect(crc64Combine(BigInt(first), BigInt(last), MiB + 100)).toBe(odd?.crc64);
  socket.destroy();
});
