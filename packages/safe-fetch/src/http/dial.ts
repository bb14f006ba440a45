import { type BlockList, connect, isIP, type Socket } from "node:net";
import { connect as startTls } from "node:tls";
import { isIn } from "../address/blocked.ts";
import { hostOf, notCallable, portOf } from "../address/check-url.ts";
import type { Lookup } from "../address/own-places.ts";
import { unreachable } from "./faults.ts";

export interface Dialler {
  readonly blocked: BlockList;
  readonly isOwn: (addresses: readonly string[], port: number) => Promise<boolean>;
  readonly lookup: Lookup;
  /** PEM certificates to trust instead of those that Node does. */
  readonly ca?: string | undefined;
}

/**
 * Connects to the host of a URL, and for `https:` begins TLS. The name is looked up once, and nothing
 * but the addresses of that answer is connected to, so that a second answer changes nothing; if any of
 * them may not be called, none is. Node compares the list once more, right before it connects.
 */
export async function dial(url: URL, dialler: Dialler, signal: AbortSignal): Promise<Socket> {
  const [host, port] = [hostOf(url), portOf(url)];
  const addresses = await addressesOf(url, dialler.lookup);
  signal.throwIfAborted();
  const texts = addresses.map(({ address }) => address);
  const isBlocked = texts.length === 0 || texts.some((address) => isIn(dialler.blocked, address));
  if (isBlocked || (await dialler.isOwn(texts, port))) throw notCallable(url);
  signal.throwIfAborted();
  const socket = connect({
    host,
    port,
    blockList: dialler.blocked,
    autoSelectFamily: true,
    lookup: (_host, { all }, done) => {
      const [first] = addresses;
      if (all === true) done(null, [...addresses]);
      else done(null, first?.address ?? "", first?.family ?? 4);
    },
  });
  try {
    await opened(socket, "connect", url, signal);
    // Nothing gets here otherwise; it costs nothing to be sure.
    if (isIn(dialler.blocked, socket.remoteAddress ?? "::")) throw notCallable(url);
    if (url.protocol === "http:") return socket;
    const named = isIP(host) === 0 ? { servername: host } : {};
    // `blockList` is ignored by TLS of Node: so TCP first, and TLS over it.
    const secure = startTls({ socket, host, ca: dialler.ca, ...named });
    await opened(secure, "secureConnect", url, signal);
    return secure;
  } catch (thrown) {
    socket.destroy();
    throw thrown;
  }
}

async function addressesOf(url: URL, lookup: Lookup) {
  const host = hostOf(url);
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family }];
  try {
    return await lookup(host);
  } catch (thrown) {
    // That a name server doesn't answer says nothing of what is inside.
    const { code = "" } = thrown as NodeJS.ErrnoException;
    if (code === "EAI_AGAIN" || code === "ETIMEOUT") throw unreachable(url, thrown);
    return [];
  }
}

async function opened(socket: Socket, event: string, url: URL, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const failed = (cause: NodeJS.ErrnoException) =>
    reject(cause.code === "ERR_IP_BLOCKED" ? notCallable(url) : unreachable(url, cause));
  const closed = () => reject(unreachable(url, new Error("it closed the connection")));
  const aborted = () => reject(signal.reason);
  signal.addEventListener("abort", aborted, { once: true });
  socket.once(event, resolve).once("error", failed).once("close", closed);
  try {
    await promise;
  } finally {
    signal.removeEventListener("abort", aborted);
    socket.off(event, resolve).off("error", failed).off("close", closed);
    // An error that comes later mustn't end the process.
    socket.on("error", () => {});
  }
}
