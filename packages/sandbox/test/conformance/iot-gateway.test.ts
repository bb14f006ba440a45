import { createHash, createHmac, randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { type Sandbox, sandboxAccount, type UploadUrls } from "../../src/index.ts";
import { aliOss, sandboxForTest } from "./sandbox-for-test.ts";

const path = "/iot/industry/qualification/oss/sts/get";
const parameters = {
  appId: sandboxAccount.industryAppId,
  index: 1,
  id: 1001,
  suffix: "jpg",
  type: "OWNBRAND",
};

interface Answer {
  status: number;
  error: string | null;
  code: number | undefined;
  data: Record<string, string>;
}

interface Change {
  params?: object;
  envelope?: object;
  /** Signed; null leaves a header out. */
  headers?: Record<string, string | null>;
  /** After signing. */
  forged?: Record<string, string>;
  secret?: string;
  at?: string;
}

/** Signs as the vendor's Java client does. */
async function call(sandbox: Sandbox, change: Change = {}): Promise<Answer> {
  const at = change.at ?? path;
  const body = JSON.stringify({
    id: randomUUID().replaceAll("-", ""),
    version: "1.0",
    request: { apiVer: "1.0.0" },
    params: { ...parameters, ...change.params },
    ...change.envelope,
  });
  const given = {
    accept: "application/json; charset=UTF-8",
    "content-md5": createHash("md5").update(body).digest("base64"),
    "content-type": "application/octet-stream; charset=UTF-8",
    date: "",
    "x-ca-key": sandboxAccount.appKey,
    "x-ca-nonce": randomUUID(),
    "x-ca-stage": "RELEASE",
    "x-ca-timestamp": String(Date.now()),
    ...change.headers,
  };
  const kept = Object.entries(given).filter((pair): pair is [string, string] => pair[1] !== null);
  const headers = Object.fromEntries(kept);
  const names = Object.keys(headers).filter((name) => name.startsWith("x-ca-"));
  const text = [
    "POST",
    ...["accept", "content-md5", "content-type", "date"].map((name) => headers[name] ?? ""),
    ...names.sort().map((name) => `${name}:${headers[name]}`),
    at,
  ].join("\n");
  const signature = createHmac("sha256", change.secret ?? sandboxAccount.appSecret)
    .update(text)
    .digest("base64");
  const response = await fetch(new URL(at, sandbox.gatewayUrl), {
    method: "POST",
    headers: {
      ...headers,
      "x-ca-signature": signature,
      "x-ca-signature-headers": names.join(","),
      ...change.forged,
    },
    body,
  });
  const json = JSON.parse((await response.text()) || "{}") as Partial<Answer>;
  const error = response.headers.get("x-ca-error-message");
  return { status: response.status, error, code: json.code, data: json.data ?? {} };
}

const image = "/iotx-industry/OWNBRAND/1001/1.jpg";

it("gives a token for one image, and the bucket's host, as the vendor's document shows it", async () => {
  const sandbox = await sandboxForTest();
  const { status, code, data } = await call(sandbox);
  expect([status, code]).toEqual([200, 200]);
  expect(data).toMatchObject({
    endpoint: sandbox.ossUrl,
    uploadUrl: sandbox.ossUrl.replace("://", "://iotx-industry."),
    expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  });
  const client = aliOss(sandbox, {
    accessKeyId: data.accessKeyId ?? "",
    accessKeySecret: data.accessKeySecret ?? "",
    securityToken: data.securityToken ?? "",
  });
  client.useBucket("iotx-industry");
  await client.put("OWNBRAND/1001/1.jpg", Buffer.from("a"));
  await expect(client.put("OWNBRAND/1001/2.jpg", Buffer.from("a"))).rejects.toMatchObject({
    code: "AccessDenied",
  });
});

it("takes ids beyond what a number holds exactly", async () => {
  const sandbox = await sandboxForTest();
  const at = (id: string) =>
    call(sandbox, { params: { id: (JSON as unknown as Raw).rawJSON(id) } });
  sandbox.gateway.giveUploadUrls("signed-v4");
  expect((await at("9223372036854775807")).data.uploadUrl).toContain("/9223372036854775807/");
  expect((await at("9223372036854775808")).code).toBe(460);
});
type Raw = { rawJSON(text: string): unknown };

it.each<[string, Change, number, RegExp]>([
  ["no signature", { forged: { "x-ca-signature": "" } }, 401, /^Empty Signature$/],
  ["another app", { headers: { "x-ca-key": "7" } }, 401, /^Invalid AppKey$/],
  [
    "another secret",
    { secret: "s" },
    400,
    /^Invalid Signature, Server StringToSign:POST#.*sts\/get$/,
  ],
  ["a changed header", { forged: { accept: "*/*" } }, 400, /^Invalid Signature/],
  [
    "an old timestamp",
    { headers: { "x-ca-timestamp": "1646365291734" } },
    400,
    /^Invalid Timestamp$/,
  ],
  ["no nonce", { headers: { "x-ca-nonce": null } }, 400, /^Empty Nonce$/],
  ["a wrong MD5", { headers: { "content-md5": "eA==" } }, 400, /^Invalid Content-MD5$/],
  ["no MD5", { headers: { "content-md5": null } }, 400, /^Invalid Content-MD5$/],
  ["an unknown stage", { headers: { "x-ca-stage": "LIVE" } }, 400, /^Invalid Stage$/],
  ["signed Accept", { forged: { "x-ca-signature-headers": "accept" } }, 400, /^Invalid X-Ca-/],
  ["another version", { envelope: { version: "2.0" } }, 400, /^Request Format Error$/],
  ["no params", { envelope: { params: null } }, 400, /^Request Format Error$/],
])("doesn't let a call through with %s", async (_, change, status, error) => {
  const sandbox = await sandboxForTest();
  const answer = await call(sandbox, change);
  expect(answer).toMatchObject({ status, code: undefined });
  expect(answer.error).toMatch(error);
});

it("takes a nonce once", async () => {
  const sandbox = await sandboxForTest();
  const headers = { "x-ca-nonce": randomUUID() };
  expect((await call(sandbox, { headers })).code).toBe(200);
  expect((await call(sandbox, { headers })).error).toBe("Nonce Used");
});

it.each<[string, Change, number]>([
  ["an unknown path", { at: "/iot/industry/other" }, 20003],
  ["another version of the API", { envelope: { request: { apiVer: "2.0.0" } } }, 20003],
  ["an unknown app", { params: { appId: "x" } }, 460],
  ["an eleventh image", { params: { index: 11 } }, 460],
  ["index as text", { params: { index: "1" } }, 460],
  ["id as text", { params: { id: "1001" } }, 460],
  ["another suffix", { params: { suffix: "tif" } }, 460],
  ["another type", { params: { type: "BRAND" } }, 460],
  ["an unknown parameter", { params: { more: 1 } }, 460],
])("answers HTTP 200 with the backend's code for %s", async (_, change, code) => {
  const sandbox = await sandboxForTest();
  expect(await call(sandbox, change)).toMatchObject({ status: 200, code, error: null });
});

it.each<[UploadUrls]>([["signed-v4"], ["signed-v1"]])(
  "gives a URL (%s) that takes one object, as it was signed, until it ends",
  async (form) => {
    const sandbox = await sandboxForTest();
    sandbox.gateway.giveUploadUrls(form);
    const url = (await call(sandbox)).data.uploadUrl ?? "";
    expect(url.startsWith(`${sandbox.ossUrl}${image}?`)).toBe(true);
    const put = async (to: string, headers: Record<string, string> = {}) => {
      // Bytes, because a text would be sent with a Content-Type.
      const response = await fetch(to, { method: "PUT", headers, body: Buffer.from("image") });
      const code = /<Code>(.*)<\/Code>/u.exec(await response.text())?.[1];
      return code ?? response.status;
    };
    expect(await put(url)).toBe(200);
    expect(await put(url.replace("1.jpg", "2.jpg"))).toBe("SignatureDoesNotMatch");
    expect(await put(url, { "content-type": "image/jpeg" })).toBe("SignatureDoesNotMatch");
    expect(await put(url, { "x-oss-forbid-overwrite": "true" })).toBe("SignatureDoesNotMatch");
    expect(await put(url, { authorization: "OSS a:b" })).toBe("InvalidArgument");
    expect((await fetch(url)).status).toBe(403);
    sandbox.clocks.skew({ oss: 3_700_000 });
    expect(await put(url)).toBe("AccessDenied");
    sandbox.clocks.skew({ oss: 0 });
    sandbox.tokens.expireAll();
    expect(await put(url)).toBe("SecurityTokenExpired");
  },
);
