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

  it("shows a sentence's line breaks and escapes as blanks", async () => {
    const error_response = { code: 12, msg: "used\n up \u001b[31m" };
    const gateway = await gatewayWith((_, response) =>
      response.end(JSON.stringify({ error_response })),
    );
    expect(await failureOf(gateway)).toMatchObject({ message: "acme: 12 used up [31m (gateway)" });
  });

  it.each([
    ['{"error_response":"s3cret"}', "error_response isn't of the documented form"],
    ['["s3cret"]', "it is JSON, but no object"],
    ['{"acme_get_response":{"x":"s3cret', "it is broken JSON"],
    ["<acme_get_response><x>s3cret</x></acme_get_response>", "it is XML with <acme_get_response>"],
    ["", "it is an empty body"],
    ['{"acme_get_response":{"x":"s3cret"}}', "x: Invalid input: expected number, received string"],
    ['{"acme_get_response":"s3cret"}', "answer: Invalid input: expected object, received string"],
  ])("can't use %j", async (text, fault) => {
    const gateway = await gatewayWith((_, response) => response.end(text));
    expect(await failureOf(gateway)).toMatchObject({
      code: "VENDOR_ANSWER_INVALID",
      message: expect.stringContaining(fault),
    });
  });

  const xmlError = (head = "") =>
    `${head}<error_response><args list="true"><arg><key>code</key><value>99</value></arg></args><code>12</code><msg>upload-quota &lt;app&gt; s3cret-session</msg><sub_code>isv.x</sub_code><sub_msg><![CDATA[用完了]]></sub_msg></error_response>`;
  it.each([
    ["XML", xmlError('<?xml version="1.0" encoding="utf-8" ?>\n')],
    ["XML behind a byte order mark", xmlError("\ufeff")],
  ])("reads the gateway's error in %s", async (_, text) => {
    const gateway = await gatewayWith((_request, response) =>
      response.writeHead(200, { "content-type": "text/xml;charset=utf-8" }).end(text),
    );
    expect(await failureOf(gateway)).toMatchObject({
      code: "VENDOR_REFUSED",
      message: "acme: isv.x 用完了 (code 12 upload-quota <app> ***)",
    });
  });

  it("reads an answer with a byte order mark, and with a sentence's line breaks as they are", async () => {
    const answers = ['\ufeff{"acme_get_response":{"x":1}}', '{"x":1, "said":"a\nb\t\u0001\\n\\""}'];
    const gateway = await gatewayWith((_, response) => response.end(answers.shift()));
    expect(await clientOf(gateway).call(request)).toEqual({ x: 1 });
    expect(await clientOf(gateway).call(request)).toEqual({ x: 1 });
  });

  it.each([["text/plain;charset=GBK"], ["text/plain;charset=utf-8"], [undefined]])(
    "reads GBK that calls itself %s",
    async (type) => {
      const msg = Buffer.from([0xc5, 0xe4, 0xb6, 0xee]);
      const [before = "", after = ""] = '{"error_response":{"code":12,"msg":"|"}}'.split("|");
      const body = Buffer.concat([Buffer.from(before), msg, Buffer.from(after)]);
      const headers = type === undefined ? {} : { "content-type": type };
      const gateway = await gatewayWith((_, response) =>
        response.writeHead(200, headers).end(body),
      );
      expect(await failureOf(gateway)).toMatchObject({ message: "acme: 12 配额 (gateway)" });
    },
  );

  it.each([
    [
      "<!DOCTYPE html><html><head><title> 校园网\n登录 </title></head>",
      'a page (text/html): "校园网 登录"',
    ],
    ["<html><style>a{}</style><body>No <b>way</b> out</body>", 'a page (text/html): "No way out"'],
    ["<html>", "a page (text/html)"],
    ["upstream \u001b[31mfailed s3cret-session", 'a text (text/html): "upstream [31mfailed ***"'],
    [`key ${"A1b2".repeat(9)}== end`, 'a text (text/html): "key … end"'],
    [`${"long ".repeat(30)}`, `a text (text/html): "${"long ".repeat(16)}…"`],
  ])("says what came instead of an answer: %s", async (text, instead) => {
    const gateway = await gatewayWith((_, response) =>
      response.writeHead(200, { "content-type": "text/html" }).end(text),
    );
    expect(await failureOf(gateway)).toMatchObject({
      code: "VENDOR_ANSWER_INVALID",
      message: `acme: the answer can't be used: it is ${instead}`,
    });
  });

  it("says what a gateway that is down shows, and where one that has moved leads to", async () => {
    const gateway = await gatewayWith((incoming, response) => {
      const isFirst = incoming.url?.includes("method=acme.get") === true && calls++ === 0;
      if (isFirst) return void response.writeHead(502).end("<html><h1>Bad Gateway</h1></html>");
      response.writeHead(302, { location: "https://portal.test/login?user=s3cret" }).end();
    });
    let calls = 0;
    expect(await failureOf(gateway)).toMatchObject({
      message: 'acme: the gateway answered HTTP 502 with a page: "Bad Gateway"',
    });
    expect(await failureOf(gateway)).toMatchObject({
      message: expect.stringContaining("HTTP 302 with a redirect to https://portal.test;"),
    });
  });

  it("reads sixteen megabytes of an answer, and no byte more", async () => {
    const largest = 16 * 1024 * 1024;
    const sizes = [largest, largest + 1];
    const gateway = await gatewayWith((_, response) => {
      response.on("error", () => {}).end(Buffer.alloc(sizes.shift() ?? 0, "s3cret"));
    });
    expect(await failureOf(gateway)).toMatchObject({
      message: expect.not.stringContaining("larger than"),
    });
    expect(await failureOf(gateway)).toMatchObject({
      code: "VENDOR_ANSWER_INVALID",
      message: expect.stringContaining("larger than"),
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

  it("doesn't wait forever", async () => {
    const gateway = await gatewayWith(() => {});
    expect(await failureOf(gateway, 20)).toMatchObject({
      code: "VENDOR_UNAVAILABLE",
      message: `acme: ${gateway} didn't answer within 0.02 s`,
    });
  });

  it("names an address where nobody listens", async () => {
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

  it("doesn't guess a clock that the gateway doesn't show", async () => {
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
