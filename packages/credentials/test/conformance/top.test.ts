import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createTopClient } from "../../src/gateways/top.ts";

const servers: ReturnType<typeof createServer>[] = [];

async function gatewayWith(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/router/rest`;
}

function clientOf(gateway: string, timeout?: number) {
  const account = {
    gateway,
    app_key: "k",
    app_secret: "s3cret",
    session: "s3cret-session",
    sign_method: "md5" as const,
  };
  return createTopClient({ vendor: "acme", account, timeout });
}

const request = {
  method: "acme.get",
  parameters: { a: "1", nothing: "" },
  answer: z.object({ x: z.number() }),
};

async function failureOf(gateway: string, timeout?: number): Promise<unknown> {
  const thrown: unknown = await clientOf(gateway, timeout)
    .call(request)
    .catch((error: unknown) => error);
  expect(inspect(thrown, { depth: null, showHidden: true })).not.toContain("s3cret");
  return thrown;
}

describe("the platform's client", () => {
  afterEach(async () => {
    const closing = servers.splice(0).map((server) => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    });
    await Promise.all(closing);
  });

  it("sends no empty parameter, and keeps the protocol's apart from the call's own", async () => {
    const seen: string[] = [];
    const gateway = await gatewayWith((incoming, response) => {
      seen.push(incoming.method ?? "", incoming.headers["content-type"] ?? "");
      incoming
        .on("data", (chunk: Buffer) => seen.push(chunk.toString()))
        .on("end", () => response.end('{"acme_get_response":{"x":1}}'));
    });
    expect(await clientOf(gateway).call(request)).toEqual({ x: 1 });
    expect(seen).toEqual(["POST", "application/x-www-form-urlencoded;charset=utf-8", "a=1"]);
  });

  it.each([
    [429, { "retry-after": "7" }, { code: "VENDOR_THROTTLED", retryAfter: 7000 }],
    [429, {}, { code: "VENDOR_THROTTLED", retryAfter: 1000 }],
    [500, {}, { code: "VENDOR_UNAVAILABLE" }],
    [504, {}, { code: "VENDOR_UNAVAILABLE" }],
    [408, {}, { code: "VENDOR_UNAVAILABLE" }],
    [404, {}, { code: "VENDOR_MISCONFIGURED" }],
    [307, { location: "http://127.0.0.1:1/elsewhere" }, { code: "VENDOR_MISCONFIGURED" }],
  ])("understands HTTP %i with %j", async (status, headers, expected) => {
    const gateway = await gatewayWith((_, response) =>
      response.writeHead(status, headers).end("<html>"),
    );
    expect(await failureOf(gateway)).toMatchObject({
      ...expected,
      details: { http_status: status },
    });
  });

  it("lets an error_response speak, whatever the HTTP status, and masks what it repeats of ours", async () => {
    const error_response = { code: "27", msg: "Invalid session s3cret-session" };
    const gateway = await gatewayWith((_, response) =>
      response.writeHead(500).end(JSON.stringify({ error_response })),
    );
    expect(await failureOf(gateway)).toMatchObject({
      code: "VENDOR_MISCONFIGURED",
      message: expect.stringContaining("27 Invalid session ***"),
    });
  });

  it.each([
    ['{"error_response":"s3cret"}', "error_response isn't of the documented form"],
    ['["s3cret"]', "it isn't a JSON object"],
    ["", "it isn't a JSON object"],
    ['{"acme_get_response":{"x":"s3cret"}}', "x: Invalid input: expected number, received string"],
    ['{"acme_get_response":"s3cret"}', "answer: Invalid input: expected object, received string"],
  ])("can't use %j", async (text, fault) => {
    const gateway = await gatewayWith((_, response) => response.end(text));
    expect(await failureOf(gateway)).toMatchObject({
      code: "VENDOR_ANSWER_INVALID",
      message: expect.stringContaining(fault),
    });
  });

  it("stops reading an answer without an end", async () => {
    const gateway = await gatewayWith((_, response) => {
      const piece = Buffer.alloc(1024 * 1024, "s3cret");
      const pour = () => {
        while (response.write(piece));
      };
      response.on("drain", pour).on("error", () => {});
      pour();
    });
    expect(await failureOf(gateway)).toMatchObject({
      code: "VENDOR_ANSWER_INVALID",
      message: expect.stringContaining("larger than"),
    });
  });

  it("doesn't wait for ever", async () => {
    const gateway = await gatewayWith(() => {});
    expect(await failureOf(gateway, 20)).toMatchObject({
      code: "VENDOR_UNAVAILABLE",
      message: `acme: ${gateway} didn't answer within 0.02 s`,
    });
  });

  it("says where nobody listens", async () => {
    const gateway = await gatewayWith(() => {});
    await new Promise((resolve) => servers.pop()?.close(resolve));
    expect(await failureOf(gateway)).toMatchObject({
      code: "VENDOR_UNAVAILABLE",
      message: expect.stringMatching(
        /^acme: http:\/\/127\.0\.0\.1:\d+\/router\/rest can't be reached: .*ECONNREFUSED/,
      ),
      cause: { code: "ECONNREFUSED" },
    });
  });

  it("tells nothing of an answer that isn't HTTP", async () => {
    const gateway = await gatewayWith((incoming) =>
      incoming.socket.end("HTTP/1.1 200 OK\r\ns3cret\u0000: x\r\n\r\n"),
    );
    expect(await failureOf(gateway)).toMatchObject({ code: "VENDOR_UNAVAILABLE" });
  });

  it("gives up when the clock is still wrong after one more call", async () => {
    let calls = 0;
    const gateway = await gatewayWith((_, response) => {
      calls += 1;
      response.end('{"error_response":{"code":15,"sub_code":"isv.timestamp-limit-error"}}');
    });
    expect(await failureOf(gateway)).toMatchObject({ code: "VENDOR_CLOCK" });
    expect(calls).toBe(2);
  });

  it("doesn't guess at a clock that the gateway doesn't show", async () => {
    let calls = 0;
    const gateway = await gatewayWith((_, response) => {
      calls += 1;
      response.sendDate = false;
      response.end('{"error_response":{"code":31}}');
    });
    expect(await failureOf(gateway)).toMatchObject({ code: "VENDOR_CLOCK" });
    expect(calls).toBe(1);
  });
});
