import { createHmac } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OSS from "ali-oss";
import { onTestFinished } from "vitest";
import { type Sandbox, sandboxAccount, startSandbox } from "../../src/index.ts";

export interface Key {
  accessKeyId: string;
  accessKeySecret: string;
  securityToken?: string;
}

/** A folder that is gone when the test is over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "exhibit-sandbox-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A sandbox that is closed when the test is over. */
export async function sandboxForTest(dataDir?: string): Promise<Sandbox> {
  const sandbox = await startSandbox({ dataDir: dataDir ?? (await temporaryFolder()) });
  onTestFinished(() => sandbox.close());
  return sandbox;
}

/** A token for `evidence/case/*`. */
export function tokenOf(sandbox: Sandbox): Key {
  return sandbox.tokens.issue({
    actions: ["oss:PutObject", "oss:AbortMultipartUpload", "oss:ListParts", "oss:GetObject"],
    resources: ["acs:oss:*:*:evidence/case/*"],
  });
}

/** The real SDK, as an independent client. */
export function aliOss(sandbox: Sandbox, key: Key, options: { v4?: boolean } = {}): OSS {
  const { accessKeyId, accessKeySecret, securityToken } = key;
  return new OSS({
    accessKeyId,
    accessKeySecret,
    ...(securityToken === undefined ? {} : { stsToken: securityToken, ...neverRefreshed(key) }),
    bucket: "evidence",
    endpoint: sandbox.ossUrl,
    region: "oss-cn-hangzhou",
    authorizationV4: options.v4 ?? true,
    sldEnable: true,
  } as OSS.Options);
}

/** Without these ali-oss warns; the interval keeps it from asking. */
function neverRefreshed({ accessKeyId, accessKeySecret, securityToken = "" }: Key) {
  const credentials = { accessKeyId, accessKeySecret, stsToken: securityToken };
  return { refreshSTSToken: async () => credentials, refreshSTSTokenInterval: 3600_000 };
}

/** Headers that sign a request with V1. */
export function signedHeaders(
  key: Key,
  method: string,
  resource: string,
  more: Record<string, string> = {},
): Record<string, string> {
  const headers: Record<string, string> = {
    "x-oss-date": new Date().toUTCString(),
    ...(key.securityToken === undefined ? {} : { "x-oss-security-token": key.securityToken }),
    "content-type": "text/plain",
    ...more,
  };
  const oss = Object.keys(headers)
    .filter((name) => name.startsWith("x-oss-"))
    .sort()
    .map((name) => `${name}:${headers[name]}\n`)
    .join("");
  const first = [
    method,
    headers["content-md5"] ?? "",
    headers["content-type"],
    headers["x-oss-date"],
  ];
  const text = `${first.join("\n")}\n${oss}${decodeURIComponent(resource)}`;
  const signature = createHmac("sha1", key.accessKeySecret).update(text).digest("base64");
  return { authorization: `OSS ${key.accessKeyId}:${signature}`, ...headers };
}

/** A request signed with V1, with whatever headers and body a test wants. */
export async function rawOss(
  sandbox: Sandbox,
  key: Key,
  method: string,
  resource: string,
  options: { headers?: Record<string, string>; body?: string | ReadableStream } = {},
): Promise<{ status: number; code: string | undefined; text: string; headers: Headers }> {
  const { body } = options;
  const response = await fetch(`${sandbox.ossUrl}${resource}`, {
    method,
    headers: signedHeaders(key, method, resource, options.headers),
    ...(body === undefined ? {} : { body, duplex: "half" }),
  });
  const text = await response.text();
  const code = /<Code>(.*)<\/Code>/u.exec(text)?.[1];
  return { status: response.status, code, text, headers: response.headers };
}

/** Calls the gateway as TOP's own SDK does: common parameters in the query, the rest in a form. */
export async function callTop(
  sandbox: Sandbox,
  business: Record<string, string>,
  change: Record<string, string | undefined> = {},
): Promise<{ status: number; body: Record<string, unknown>; text: string }> {
  const gmt8 = new Date(Date.now() + 8 * 3600_000).toISOString();
  const common: Record<string, string | undefined> = {
    app_key: sandboxAccount.appKey,
    format: "json",
    sign_method: "hmac-sha256",
    timestamp: gmt8.replace("T", " ").slice(0, 19),
    v: "2.0",
    ...change,
  };
  const given = Object.entries(common).filter(([, value]) => value !== undefined) as [
    string,
    string,
  ][];
  const all = Object.entries({ ...Object.fromEntries(given), ...business });
  const text = all
    .filter(([name, value]) => name !== "sign" && value !== "")
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flat()
    .join("");
  const sign = createHmac("sha256", sandboxAccount.appSecret)
    .update(text)
    .digest("hex")
    .toUpperCase();
  const query = new URLSearchParams(given);
  if (!("sign" in change)) query.set("sign", sign);
  const response = await fetch(`${sandbox.gatewayUrl}?${query}`, {
    method: "POST",
    body: new URLSearchParams(business),
  });
  const answer = await response.text();
  const body = answer.startsWith("{") ? safeParse(answer) : {};
  return { status: response.status, body, text: answer };
}

function safeParse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

export const kongurCall = {
  method: "alibaba.kongur.token.getosstoken",
  kongur_app_key: sandboxAccount.kongurAppKey,
  suit_ids: "1001,1002",
  entrust_id: "E-77",
};
