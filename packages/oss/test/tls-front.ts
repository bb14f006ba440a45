import net, { type AddressInfo } from "node:net";
import tls from "node:tls";
import { generate } from "selfsigned";

/** A TLS server in front of one that speaks plain HTTP, as OSS has it. */
export interface TlsFront {
  endpoint: string;
  /** In PEM. Whoever trusts it trusts the server. */
  certificate: string;
  /** How many connections there were, and how many of them resumed an earlier one's session. */
  connections: { all: number; resumed: number };
  /** Ends the open connections, as a server does with idle ones. */
  endConnections(): void;
  close(): Promise<void>;
}

/** The certificate is for `host`, a name or an address of this machine. */
export async function startTlsFront(behind: string, host = "localhost"): Promise<TlsFront> {
  const altName = net.isIP(host) === 0 ? { type: 2, value: host } : { type: 7, ip: host };
  const pems = await generate([{ name: "commonName", value: host }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [{ name: "subjectAltName", altNames: [altName as never] }],
  });
  const connections = { all: 0, resumed: 0 };
  const open = new Set<tls.TLSSocket>();
  const server = tls.createServer({ key: pems.private, cert: pems.cert }, (outside) => {
    connections.all += 1;
    if (outside.isSessionReused()) connections.resumed += 1;
    open.add(outside);
    const inside = net.connect(Number(new URL(behind).port), "127.0.0.1");
    outside.on("error", () => inside.destroy()).on("close", () => open.delete(outside));
    inside.on("error", () => outside.destroy());
    outside.pipe(inside).pipe(outside);
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `https://${host}:${(server.address() as AddressInfo).port}`,
    certificate: pems.cert,
    connections,
    endConnections() {
      for (const socket of open) socket.end();
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
