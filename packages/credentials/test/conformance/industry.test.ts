import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { ExhibitError } from "@exhibit/contracts";
import { selfSigned } from "@exhibit/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { contentMd5, iotSign } from "../../src/gateways/iot-sign.ts";
import { createVendors, folderKey, type PerFile, type Vendor } from "../../src/index.ts";

const path = "/industry/qualification/oss/sts/get";
const folder = { type: "OWNBRAND", id: "9007199254740993", index: "1", suffix: "jpg" };
const of = { vendor: "industry", entrust_id: undefined, suit_ids: [], folder };
const data = {
  accessKeyId: "STS.yted",
  accessKeySecret: "industry-ak-secret",
  endpoint: "oss-cn-hangzhou.aliyuncs.com",
  expiration: "2030-05-04T15:36:42Z",
  securityToken: "industry-sts-token",
  uploadUrl: "http://iotx-industry.oss-cn-hangzhou.aliyuncs.com",
};
const secrets = ["industry-app-secret", data.accessKeySecret, data.securityToken];

type Respond = (response: ServerResponse, headers: IncomingHttpHeaders) => void;
const answer =
  (body: unknown): Respond =>
  (response) =>
    response.end(JSON.stringify(body));
const success = (more: object = {}) => answer({ id: "1", code: 200, data: { ...data, ...more } });
const gatewayError =
  (status: number, message: string, more: Record<string, string> = {}): Respond =>
  (response) =>
    response.writeHead(status, { "x-ca-error-message": message, ...more }).end();

const received: { url: string; headers: IncomingHttpHeaders; body: string }[] = [];
let responses: Respond[] = [];
let gateway = "";

const server = createServer((request, response) => {
  void (async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { url = "", headers } = request;
    received.push({ url, headers, body: Buffer.concat(chunks).toString() });
    (responses.shift() ?? success())(response, headers);
  })();
});

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  gateway = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`;
});
beforeEach(() => {
  received.length = 0;
  responses = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function industryWith(options: object = {}): Vendor {
  const industry = {
    gateway,
    app_key: "23",
    app_secret: "industry-app-secret",
    app_id: "app-1",
    oss: { region: "cn-hangzhou" },
    ...options,
  };
  return createVendors({ industry }).industry as Vendor;
}

function issue(...next: Respond[]) {
  responses = next;
  const vendor = industryWith();
  return vendor.issue(vendor.call(of), { signal: new AbortController().signal });
}

const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable("it succeeded"),
    (error: ExhibitError) => error,
  );

describe("industry", () => {
  it("sends one signed call with the documented parameters, and all digits of a long id", async () => {
    await issue();
    expect(received).toHaveLength(1);
    const { url, headers, body } = received[0] as (typeof received)[number];
    expect(url).toBe(`/base${path}`);
    expect(body).toContain('"id":9007199254740993');
    expect(body).toContain('"index":1');
    expect(JSON.parse(body)).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      version: "1.0",
      request: { apiVer: "1.0.0" },
      params: { appId: "app-1", suffix: "jpg", type: "OWNBRAND" },
    });
    expect(headers["content-md5"]).toBe(contentMd5(body));
    expect(headers["x-ca-signature-headers"]).toBe(
      "x-ca-key,x-ca-nonce,x-ca-signature-method,x-ca-stage,x-ca-timestamp",
    );
    const signed = headers as Record<string, string>;
    expect(headers["x-ca-signature"]).toBe(
      iotSign({ method: "POST", path: url, headers: signed }, "industry-app-secret"),
    );
    expect(headers["x-ca-stage"]).toBe("RELEASE");
  });

  it("opens the object with the configured key in the bucket that the URL names", async () => {
    const { leases, refusals } = await issue();
    expect(refusals).toEqual([]);
    expect(leases).toEqual([
      {
        credentials: {
          accessKeyId: "STS.yted",
          accessKeySecret: "industry-ak-secret",
          securityToken: "industry-sts-token",
        },
        bucket: {
          endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
          region: "cn-hangzhou",
          name: "iotx-industry",
          pathStyle: false,
          signatureVersion: "v4",
        },
        folders: { [folderKey(folder)]: "OWNBRAND/9007199254740993/" },
        prefixes: ["OWNBRAND/9007199254740993/1.jpg"],
        object: { key: "OWNBRAND/9007199254740993/1.jpg" },
        ends: { at: Date.UTC(2030, 4, 4, 15, 36, 42), said: data.expiration },
      },
    ]);
    expect(JSON.parse(JSON.stringify(leases))).toEqual(leases);
  });

  it("passes on a signed URL unchanged, and needs no credentials with it", async () => {
    const uploadUrl = `${data.uploadUrl}/q/1.jpg?Expires=1&OSSAccessKeyId=a&Signature=s%2B'%3D`;
    const none = { accessKeyId: null, accessKeySecret: null, securityToken: null };
    const { leases } = await issue(success({ uploadUrl, ...none }));
    expect(leases[0]).toMatchObject({
      prefixes: ["q/1.jpg"],
      object: { key: "q/1.jpg", uploadUrl },
      bucket: { name: "iotx-industry" },
    });
  });

  it.each([
    ["data lacks securityToken", { securityToken: "" }],
    ["uploadUrl is neither", { uploadUrl: "https://example.com/a" }],
    ["uploadUrl is neither", { uploadUrl: "https://UPPER.oss-cn-hangzhou.aliyuncs.com" }],
    ["uploadUrl names a folder", { uploadUrl: `${data.uploadUrl}/brands/` }],
    ['expiration is "soon", which isn\'t in a known time format', { expiration: "soon" }],
    ["expiration is missing", { expiration: null }],
    ["data.endpoint: ", { endpoint: 7 }],
  ])("can't use an answer: %s", async (fault, more) => {
    const error = await failure(issue(success(more)));
    expect(error.code).toBe("VENDOR_ANSWER_INVALID");
    expect(error.message).toContain(fault);
  });

  it("learns the gateway's clock by one more call, and remembers it", async () => {
    const ahead = 3_600_000;
    const strict: Respond = (response, headers) => {
      const theirs = Date.now() + ahead;
      response.setHeader("date", new Date(theirs).toUTCString());
      const isRight = Math.abs(theirs - Number(headers["x-ca-timestamp"])) < 900_000;
      (isRight ? success() : gatewayError(400, "Invalid Timestamp"))(response, headers);
    };
    responses = [strict, strict, strict];
    const vendor = industryWith();
    const { signal } = new AbortController();
    await vendor.issue(vendor.call(of), { signal });
    await vendor.issue(vendor.call(of), { signal });
    expect(received).toHaveLength(3);
    const nonces = received.map(({ headers }) => headers["x-ca-nonce"]);
    expect(new Set(nonces).size).toBe(3);
  });

  it("retries exactly once when the vendor's database fails", async () => {
    const sql = answer({ code: 1009, message: "SQL invoke error", data: null });
    expect((await issue(sql)).leases).toHaveLength(1);
    expect(received).toHaveLength(2);
    received.length = 0;
    expect((await failure(issue(sql, sql))).code).toBe("VENDOR_REFUSED");
    expect(received).toHaveLength(2);
  });

  it.each<[string, Respond]>([
    [
      "a wrong signature",
      gatewayError(400, `Invalid Signature, Server StringToSign:POST#${secrets}`),
    ],
    ["a repeated secret", answer({ code: 403, message: secrets[0], data })],
    [
      "half an answer",
      (response) => response.end(JSON.stringify({ code: 200, data }).slice(0, -9)),
    ],
    ["an answer of another form", answer({ code: "x", data })],
    ["a lost connection", (response) => response.destroy()],
  ])("reveals no secret after %s", async (_, respond) => {
    const shown = inspect(await failure(issue(respond)), { depth: null, showHidden: true });
    for (const secret of secrets) expect(shown).not.toContain(secret);
  });

  it("refuses an endpoint in another region than the configured one", async () => {
    const elsewhere = {
      endpoint: "oss-cn-shanghai.aliyuncs.com",
      uploadUrl: "http://iotx-industry.oss-cn-shanghai.aliyuncs.com",
    };
    expect((await failure(issue(success(elsewhere)))).code).toBe("VENDOR_MISCONFIGURED");
    const uploadUrl = `${elsewhere.uploadUrl}/q/1.jpg?Signature=s`;
    expect((await issue(success({ ...elsewhere, uploadUrl }))).leases).toHaveLength(1);
  });

  it("says what came instead of an answer", async () => {
    const page: Respond = (response) => response.end("<html><title>Login</title></html>");
    expect((await failure(issue(page))).message).toContain('it is a page: "Login" (HTTP 200');
    const down: Respond = (response) => response.writeHead(502).end("<html>Bad Gateway</html>");
    expect((await failure(issue(down))).message).toContain('but a page: "Bad Gateway" (HTTP 502');
  });

  it("doesn't follow a redirect with a signed call", async () => {
    const away: Respond = (response) => response.writeHead(307, { location: gateway }).end();
    expect((await failure(issue(away))).code).toBe("VENDOR_MISCONFIGURED");
    expect(received).toHaveLength(1);
  });

  it("doesn't talk to a gateway with an untrusted certificate", async () => {
    let calls = 0;
    const tls = createTlsServer(selfSigned, (_, response) => {
      calls += 1;
      success()(response, {});
    });
    tls.listen(0, "127.0.0.1");
    await once(tls, "listening");
    const vendor = industryWith({
      gateway: `https://127.0.0.1:${(tls.address() as AddressInfo).port}`,
    });
    const { signal } = new AbortController();
    const error = await failure(vendor.issue(vendor.call(of), { signal }));
    tls.close();
    expect(error.code).toBe("VENDOR_UNAVAILABLE");
    expect(error.message).toContain("self-signed certificate");
    expect(calls).toBe(0);
  });

  it("names a folder by type and id, and a file also by index and suffix", () => {
    const { selector, perFile } = industryWith();
    const record = { type: "OTHERBRAND", id: "1001" };
    expect(selector.safeParse(record).success).toBe(true);
    expect(perFile?.selector.safeParse({ ...record, index: "1", suffix: "png" }).success).toBe(
      true,
    );
    for (const bad of [{}, { ...record, id: "x" }, { ...record, id: "007" }, folder]) {
      expect(selector.safeParse(bad).success).toBe(false);
    }
    for (const bad of [record, { ...folder, index: "0" }, { ...folder, suffix: "tif" }]) {
      expect(perFile?.selector.safeParse(bad).success).toBe(false);
    }
  });

  it("accepts ten images by suffix, in any case, and says what it doesn't accept", () => {
    const { limit, slot } = industryWith().perFile as PerFile;
    expect(limit).toBe(10);
    expect(slot({ path: "a.b/c.JPG", number: 3 })).toEqual({ index: "3", suffix: "jpg" });
    expect(slot({ path: "x.png", number: 1 })).toEqual({ index: "1", suffix: "png" });
    for (const [path, what] of [
      ["scan.tif", "is a .tif"],
      ["a.jpeg", "is a .jpeg"],
      ["a.jpg/readme", "has no suffix"],
    ] as const) {
      const error = slot({ path, number: 1 });
      expect(error).toBeInstanceOf(ExhibitError);
      expect(error).toMatchObject({ code: "FILE_NOT_ACCEPTED" });
      expect((error as ExhibitError).message).toContain(what);
    }
  });

  it.each([
    ["gateway", { gateway: "https://u:p@example.com" }],
    ["gateway", { gateway: "https://example.com?a=1" }],
    ["app_key", { app_key: "钥匙" }],
    ["stage", { stage: "LIVE" }],
    ["oss.key", { oss: { region: "cn-hangzhou", key: "{type}/{id}" } }],
    ["oss.key", { oss: { region: "cn-hangzhou", key: "{id}/{index}/" } }],
  ])("rejects an invalid %s in its options", (key, options) => {
    expect(() => industryWith(options)).toThrow(
      expect.objectContaining({
        code: "CONFIG_INVALID",
        message: expect.stringContaining(`${key}: `),
      }),
    );
  });
});
