import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import type { FileBody, Piece } from "@exhibit/contracts";
import { createObjectStore } from "@exhibit/oss";
import { crc64 } from "../../packages/sources/src/digests/crc64.ts";
import { createDigester } from "../../packages/sources/src/digests/digester.ts";

// PUTs of 32 KiB by the object store alone, to a sink in another process that responds after 0 and 20 ms:
// npx node bench/probes/put-window.ts [files] [files under way] [milliseconds…]
// It prints files per second, and the window that the store came to.

/** The content of every file, so that the sink knows its CRC64. */
const CONTENT = Buffer.alloc(32 * 1024, "evidence");
const [first = "10000", underWay = "512", ...given] = process.argv.slice(2);
const latencies = given.length > 0 ? given.map(Number) : [0, 20];

if (first === "sink") await serve();
else for (const latency of latencies) await measure(latency, Number(first), Number(underWay));

async function measure(latency: number, files: number, atOnce: number): Promise<void> {
  const sink = spawn(process.execPath, [import.meta.filename, "sink", String(latency)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [endpoint] = (await once(createInterface(sink.stdout), "line")) as [string];
  const store = createObjectStore();
  const started = performance.now();
  const cpu = process.cpuUsage();
  await putAll(store, endpoint, { files, atOnce });
  const seconds = (performance.now() - started) / 1000;
  const { size } = store.windows()[0] ?? { size: 0 };
  const { user, system } = process.cpuUsage(cpu);
  const microseconds = Math.round((user + system) / files);
  const memory = Math.round(process.resourceUsage().maxRSS / 1024);
  process.stdout.write(
    `${latency} ms: ${Math.round(files / seconds)} files/s (${files} in ${seconds.toFixed(2)} s, ${atOnce} under way), ${microseconds} µs of CPU a file, window ${size}, ${memory} MB so far\n`,
  );
  store.close();
  sink.stdin.end();
  await once(sink, "exit");
}

async function putAll(
  store: ReturnType<typeof createObjectStore>,
  endpoint: string,
  { files, atOnce }: { files: number; atOnce: number },
): Promise<void> {
  const digests = createDigester().digest(CONTENT, true);
  const sha256 = digests.sha256 && Buffer.from(digests.sha256);
  const piece: Piece = { bytes: CONTENT, crc64: digests.crc64, sha256, release() {} };
  const body: FileBody = {
    size: CONTENT.length,
    read: async () => piece,
    rewind: async () => {},
  };
  const lease = leaseOf(endpoint);
  const leases = { current: async () => lease, replace: async () => lease };
  const modifiedAt = Date.now();
  let next = 0;
  const pull = async () => {
    while (next < files) await store.put({ leases, name: `${next++}.pdf`, body, modifiedAt });
  };
  await Promise.all(Array.from({ length: atOnce }, pull));
}

function leaseOf(endpoint: string) {
  return {
    id: "lease",
    vendor: "bench",
    credentials: { accessKeyId: "STS.bench", accessKeySecret: "s", securityToken: "t" },
    bucket: {
      endpoint,
      region: "cn-test",
      name: "evidence",
      pathStyle: true,
      signatureVersion: "v4" as const,
    },
    prefix: "bench/",
    prefixes: ["bench/"],
    expiresAt: new Date(Date.now() + 3_600_000),
  };
}

/** Serves as the sink, which throws bodies away. It ends with its input. */
async function serve(): Promise<void> {
  const latency = Number(underWay);
  const found = { "x-oss-hash-crc64ecma": String(crc64(CONTENT)) };
  const server = createServer((request, response) => {
    const answer = () =>
      request.method === "HEAD"
        ? response.writeHead(404).end()
        : response.writeHead(200, found).end();
    request.resume().on("end", () => {
      if (latency === 0) answer();
      else void pause(latency).then(answer);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
  process.stdin.resume().on("end", () => {
    server.closeAllConnections();
    server.close();
  });
}
