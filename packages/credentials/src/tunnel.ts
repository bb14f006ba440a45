import net from "node:net";
import tls from "node:tls";

/** What to connect to. */
export interface Target {
  readonly secure: boolean;
  /** Without the brackets of an IPv6 address. */
  readonly hostname: string;
  readonly port: number;
}

/** Returns the proxy for a target, undefined for none. Its URL may hold a user and a password. */
export type ProxyRule = (target: Target) => URL | undefined;

export interface TunnelOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without any traffic. */
  readonly timeout: number;
}

/**
 * Returns a function that connects to a target through its proxy; undefined if it has none. Http
 * targets are tunnelled (CONNECT), too: requests are signed, and no proxy may change them or keep a
 * copy. The caller starts TLS. Rejects with an error that names the proxy only by its host, or with
 * the signal's reason.
 */
export type Tunnel = (
  target: Target,
) => ((options: TunnelOptions) => Promise<net.Socket>) | undefined;

/** Returns a tunnel through the proxies that a rule names. */
export function tunnelBy(rule: ProxyRule): Tunnel {
  return (target) => {
    const proxy = rule(target);
    return proxy === undefined ? undefined : (options) => openTunnel(proxy, target, options);
  };
}

/** Bytes; a response to CONNECT has a few lines. */
const MAX_HEAD_BYTES = 16 * 1024;

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
      if (head.length > MAX_HEAD_BYTES) fail(faultOf(proxy, "didn't answer like a proxy"));
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

/** Returns the value of `proxy-authorization`, empty if the URL has no user. It is a credential. */
export function loginOf({ username, password }: URL): string {
  if (username === "" && password === "") return "";
  const text = `${decoded(username)}:${decoded(password)}`;
  return `Basic ${Buffer.from(text, "utf8").toString("base64")}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone `%` stands for itself.
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
