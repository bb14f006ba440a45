import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import net, { type AddressInfo } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { inspect } from "node:util";
import { selfSigned } from "@exhibit/testkit";
import { startProxy } from "@exhibit/testkit/proxy";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { createTopClient } from "../../src/gateways/top.ts";
import { tunnelBy } from "../../src/index.ts";

async function gatewayAt(kind: "http" | "https"): Promise<string> {
  const answer = '{"acme_get_response":{"x":1}}';
  const server =
    kind === "http"
      ? createServer((_, response) => response.end(answer))
      : createTlsServer(selfSigned, (_, response) => response.end(answer));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `${kind}://127.0.0.1:${(server.address() as AddressInfo).port}/router/rest`;
}

/** What a call to the gateway through the proxy comes to. */
function call(
  gateway: string,
  proxy: string,
  more: { timeout?: number; signal?: AbortSignal } = {},
) {
  const account = { gateway, app_key: "k", app_secret: "s", sign_method: "md5" as const };
  const tunnel = tunnelBy(() => new URL(proxy));
  const { timeout, signal } = more;
  const client = createTopClient({ vendor: "acme", account, tunnel, timeout });
  return client.call({
    method: "acme.get",
    parameters: {},
    answer: z.object({ x: z.number() }),
    signal,
  });
}

test.each([
  ["http", "http"],
  ["https", "http"],
  ["http", "https"],
  ["https", "https"],
] as const)(
  "a gateway by %s is reached through a tunnel of a proxy by %s",
  async (kind, proxyKind) => {
    const trusted = getCACertificates("default");
    setDefaultCACertificates([...trusted, selfSigned.cert]);
    onTestFinished(() => setDefaultCACertificates(trusted));
    const proxy = await startProxy("u:p", proxyKind === "https" ? selfSigned : undefined);
    const gateway = await gatewayAt(kind);
    expect(await call(gateway, proxy.url)).toEqual({ x: 1 });
    expect(proxy.asked).toEqual([new URL(gateway).host]);
    expect(proxy.plain).toEqual([]);
  },
);

test("a proxy by https whose certificate nobody vouches for gets no word, and no password", async () => {
  const proxy = await startProxy("u:secret", selfSigned);
  const failure = await call(await gatewayAt("http"), proxy.url).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "VENDOR_UNAVAILABLE" });
  expect((failure as Error).message).toContain("certificate");
  expect(inspect(failure, { depth: 9 })).not.toContain("secret");
  expect(proxy.asked).toEqual([]);
});

test("a gateway's certificate is verified through a tunnel, too", async () => {
  const proxy = await startProxy();
  await expect(call(await gatewayAt("https"), proxy.url)).rejects.toMatchObject({
    code: "VENDOR_UNAVAILABLE",
    message: expect.stringContaining("self-signed"),
  });
  expect(proxy.asked).toHaveLength(1);
});

test("a proxy is given the user and password of its address", async () => {
  const proxy = await startProxy("anna:p@ss w:rd%");
  expect(await call(await gatewayAt("http"), proxy.url)).toEqual({ x: 1 });
});

test("what a proxy refuses is said, without its password", async () => {
  const proxy = await startProxy("anna:right");
  const gateway = await gatewayAt("http");
  const wrong = proxy.url.replace("right", "s3cret");
  const error: unknown = await call(gateway, wrong).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: "VENDOR_UNAVAILABLE",
    message: `acme: ${gateway} can't be reached: the proxy ${new URL(proxy.url).host} doesn't let us through to ${new URL(gateway).host}: HTTP 407 No`,
  });
  expect(inspect(error, { depth: null, showHidden: true })).not.toMatch(/s3cret|YW5uYTpzM2NyZXQ/);
});

test("a proxy that isn't there, hangs up, or speaks something else is named", async () => {
  const gateway = await gatewayAt("http");
  const proxy = await startProxy();
  proxy.stop();
  await expect(call(gateway, proxy.url)).rejects.toMatchObject({
    code: "VENDOR_UNAVAILABLE",
    message: expect.stringMatching(/the proxy 127\.0\.0\.1:\d+ can't be reached: .*ECONNREFUSED/),
    cause: { code: "ECONNREFUSED" },
  });
  for (const [said, words] of [
    ["", "closed the connection without an answer"],
    ["SSH-2.0-x\r\n\r\n", "something that isn't HTTP"],
    ["x".repeat(20_000), "didn't answer like a proxy"],
  ] as const) {
    const strange = net.createServer((socket) => socket.on("error", () => {}).end(said));
    strange.listen(0, "127.0.0.1");
    await once(strange, "listening");
    const { port } = strange.address() as AddressInfo;
    await expect(call(gateway, `http://127.0.0.1:${port}`)).rejects.toThrow(words);
    strange.close();
  }
});

test("a silent proxy is waited for as long as a call may take, and not longer than it is wanted", async () => {
  const proxy = await startProxy();
  proxy.isSilent = true;
  const gateway = await gatewayAt("http");
  await expect(call(gateway, proxy.url, { timeout: 30 })).rejects.toMatchObject({
    code: "VENDOR_UNAVAILABLE",
    message: expect.stringContaining("didn't answer within 0.03 s"),
  });
  const controller = new AbortController();
  const waiting = call(gateway, proxy.url, { signal: controller.signal });
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toMatchObject({ code: "INTERRUPTED" });
});
