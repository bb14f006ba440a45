import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { isIPv4 } from "node:net";
import type { Lookup } from "../address/own-places.ts";

/**
 * A name server on the loopback that answers as the test says, and counts how often it is asked for
 * IPv4. It is waited for `timeoutMs` at most.
 */
export async function startDns(
  answer: (name: string, times: number) => readonly string[] | "silence" | "failure",
  timeoutMs = 10_000,
): Promise<{ lookup: Lookup; asked: string[] } & AsyncDisposable> {
  const asked: string[] = [];
  const server = createSocket("udp4");
  server.on("message", (query, { port, address }) => {
    const end = query.indexOf(0, 12);
    const name = labelsOf(query.subarray(12, end)).join(".");
    const isA = query.readUInt16BE(end + 1) === 1;
    if (isA) asked.push(name);
    const said = answer(name, asked.filter((each) => each === name).length);
    if (said === "silence") return;
    const records = said === "failure" || !isA ? [] : said.map(recordOf);
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    // A response; its code says that there is no such name, or that the server failed.
    const none = said.length === 0 ? 3 : 0;
    header.writeUInt16BE(0x8180 | (said === "failure" ? 2 : none), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    server.send(Buffer.concat([header, query.subarray(12, end + 5), ...records]), port, address);
  });
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  resolver.setServers([`127.0.0.1:${server.address().port}`]);
  return {
    asked,
    lookup: async (host) =>
      (await resolver.resolve4(host)).map((address) => ({ address, family: 4 })),
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
}

function labelsOf(bytes: Buffer): string[] {
  const labels: string[] = [];
  for (let at = 0; at < bytes.length; at += 1 + (bytes[at] ?? 0)) {
    labels.push(bytes.toString("latin1", at + 1, at + 1 + (bytes[at] ?? 0)));
  }
  return labels;
}

/** An A record for the name that was asked for, which may be kept for no time at all. */
function recordOf(address: string): Buffer {
  if (!isIPv4(address)) throw new Error(`${address} isn't an IPv4 address`);
  return Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split(".").map(Number)]);
}
