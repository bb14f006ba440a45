import { createHash, createHmac } from "node:crypto";

/** A request to sign, without a query and without a form in its body. */
export interface IotRequestToSign {
  readonly method: string;
  /** As sent. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Headers with lines of their own in the string to sign, even if they are empty. */
const fixedHeaders = ["accept", "content-md5", "content-type", "date"] as const;

/** Returns the names of the other headers that are signed, in their order. */
export function iotSignedHeaders({ headers }: Pick<IotRequestToSign, "headers">): string[] {
  return Object.keys(headers)
    .filter((name) => name.startsWith("x-ca-"))
    .filter((name) => name !== "x-ca-signature" && name !== "x-ca-signature-headers")
    .sort();
}

/** Returns the `X-Ca-Signature` of a request: HMAC-SHA256 with the app secret, in Base64. */
export function iotSign(request: IotRequestToSign, appSecret: string): string {
  return createHmac("sha256", appSecret).update(textToSign(request), "utf8").digest("base64");
}

/** Returns the `Content-MD5` of a body that isn't a form. */
export function contentMd5(body: string): string {
  return createHash("md5").update(body, "utf8").digest("base64");
}

function textToSign(request: IotRequestToSign): string {
  const { method, path, headers } = request;
  const signed = iotSignedHeaders(request).map((name) => `${name}:${headers[name]}`);
  return [method, ...fixedHeaders.map((name) => headers[name] ?? ""), ...signed, path].join("\n");
}
