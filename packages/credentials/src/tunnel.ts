import net from "node:net";
import tls from "node:tls";

/** Where a connection is to lead. */
export interface Target {
  readonly secure: boolean;
  /** Without the brackets of an IPv6 address. */
  readonly hostname: string;
  readonly port: number;
}

/** The proxy that connections to a target go through, undefined for none. It may hold a user and a password. */
export type ProxyRule = (target: Target) => URL | undefined;

export interface TunnelOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without a byte either way. */
  readonly timeout: number;
}

/**
 * How a target is reached through its proxy; undefined when there is none. For http targets, too, it is a tunnel (CONNECT): what
 * goes through is signed, and no proxy may change it or keep a copy. TLS is the caller's to begin. Rejects with
 * what went wrong, which names the proxy by its host alone, or with the signal's reason.
 */
export type Tunnel = (
  target: Target,
) => ((options: TunnelOptions) => Promise<net.Socket>) | undefined;

export function tunnelBy(rule: ProxyRule): Tunnel {
  return (target) => {
    const proxy = rule(target);
    return proxy === undefined ? undefined : (options) => openTunnel(proxy, target, options);
  };
}

/** An answer to CONNECT is a few lines. */
const LONGEST_HEAD = 16 * 1024;

function openTunnel(
  proxy: URL,
  target: Target,
  { signal, timeout }: TunnelOptions,
): Promise<net.Socket> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<net.Socket>();
  const socket = connectTo(proxy);
  let head = Buffer.alloc(0);

  const fail = (error: unknown) => {
    socket.destroy();
    reject(error);
  };
  const broken = (error: NodeJS.ErrnoException) =>
    fail(faultOf(proxy, `can't be reached: ${error.message || error.code}`, error));
  const aborted = () => fail(signal?.reason);
  const silent = () => fail(faultOf(proxy, `didn't answer within ${timeout / 1000} s`));
  const closed = () => fail(faultOf(proxy, "closed the connection without an answer"));
  function read(): void {
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) {
      head = Buffer.concat([head, chunk as Buffer]);
    }
    const end = head.indexOf("\r\n\r\n");
    if (end === -1) {
      if (head.length > LONGEST_HEAD) fail(faultOf(proxy, "didn't answer as a proxy does"));
      return;
    }
    const [, status = "", words = ""] =
      /^HTTP\/1\.\d (\d{3})([^\r\n]*)/.exec(head.toString("latin1")) ?? [];
    if (!status.startsWith("2")) {
      const said = status === "" ? "something that isn't HTTP" : `HTTP ${status}${words}`;
      fail(faultOf(proxy, `doesn't let us through to ${hostOf(target)}: ${said}`));
      return;
    }
    stop();
    const rest = head.subarray(end + 4);
    if (rest.length > 0) socket.unshift(rest);
    resolve(socket);
  }
  function stop(): void {
    signal?.removeEventListener("abort", aborted);
    socket.setTimeout(0);
    socket.off("readable", read).off("error", broken).off("close", closed).off("timeout", silent);
  }

  promise.catch(stop);
  signal?.addEventListener("abort", aborted, { once: true });
  socket.setTimeout(timeout);
  socket.on("readable", read).on("error", broken).on("close", closed).on("timeout", silent);
  socket.write(requestOf(proxy, target), "latin1");
  return promise;
}

function connectTo(proxy: URL): net.Socket {
  const host = proxy.hostname.replace(/^\[(.*)\]$/, "$1");
  if (proxy.protocol !== "https:") return net.connect({ host, port: Number(proxy.port || 80) });
  const servername = net.isIP(host) === 0 ? { servername: host } : {};
  return tls.connect({ host, port: Number(proxy.port || 443), ...servername });
}

function requestOf(proxy: URL, target: Target): string {
  const host = hostOf(target);
  const login = loginOf(proxy);
  const authorization = login === "" ? "" : `proxy-authorization: ${login}\r\n`;
  return `CONNECT ${host} HTTP/1.1\r\nhost: ${host}\r\n${authorization}\r\n`;
}

/** The value of `proxy-authorization`, empty where the address has no user. A credential. */
export function loginOf({ username, password }: URL): string {
  if (username === "" && password === "") return "";
  const text = `${decoded(username)}:${decoded(password)}`;
  return `Basic ${Buffer.from(text, "utf8").toString("base64")}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone `%`: it is meant as it is written.
    return text;
  }
}

function hostOf({ hostname, port }: Target): string {
  return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}

function faultOf(proxy: URL, what: string, cause?: NodeJS.ErrnoException): Error {
  const error = new Error(`the proxy ${proxy.host} ${what}`, cause && { cause });
  return cause?.code === undefined ? error : Object.assign(error, { code: cause.code });
}
