import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import net, { type AddressInfo, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface TestProxy {
  /** The proxy's address, with user and password if it asks for them. */
  readonly url: string;
  /** The `host:port` of each tunnel that was requested. */
  readonly asked: string[];
  /** The URLs of requests that weren't for a tunnel. */
  readonly plain: string[];
  /** The status of all further responses; 200 opens tunnels. */
  status: number;
  /** Whether it never responds. */
  isSilent: boolean;
  /** Ends the tunnels that are open. */
  cut(): void;
  stop(): void;
}

/**
 * Starts a proxy that opens tunnels until the test is over.
 *
 * @param login `user:password` that it asks for
 * @param certificate a certificate with its key, in PEM: then it speaks TLS
 */
export async function startProxy(
  login?: string,
  certificate?: { cert: string; key: string },
): Promise<TestProxy> {
  const sockets = new Set<Socket>();
  const answer: RequestListener = (request, response) => {
    proxy.plain.push(request.url ?? "");
    response.writeHead(501).end();
  };
  const server = certificate ? createTlsServer(certificate, answer) : createServer(answer);
  server.on("connection", (socket) => sockets.add(socket));
  server.on("connect", (request, socket: Socket, head) => {
    const [host = "", port] = (request.url ?? "").split(/:(?=\d+$)/);
    proxy.asked.push(request.url ?? "");
    socket.on("error", () => {});
    if (proxy.isSilent) return;
    const given = request.headers["proxy-authorization"];
    const wanted = login && `Basic ${Buffer.from(login).toString("base64")}`;
    const status = given === wanted ? proxy.status : 407;
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} No\r\ncontent-type: text/html\r\n\r\n<html>no</html>`);
      return;
    }
    const target = net.connect(Number(port), host.replace(/^\[(.*)\]$/, "$1"), () => {
      socket.write("HTTP/1.1 200 Connection established\r\nvia: test\r\n\r\n");
      target.write(head);
      target.pipe(socket).pipe(target);
    });
    sockets.add(target);
    target.on("error", () => socket.destroy());
    socket.on("close", () => target.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const user = login === undefined ? "" : `${login.split(":").map(encodeURIComponent).join(":")}@`;
  const proxy: TestProxy = {
    url: `${certificate ? "https" : "http"}://${user}127.0.0.1:${port}`,
    asked: [],
    plain: [],
    status: 200,
    isSilent: false,
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    stop() {
      proxy.cut();
      server.close();
    },
  };
  onTestFinished(() => proxy.stop());
  return proxy;
}
