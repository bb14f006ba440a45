import { createHash, createHmac } from "node:crypto";

/** A request as it is signed. It has no parameters in its query, and its body isn't a form. */
export interface IotRequestToSign {
  readonly method: string;
  /** As sent. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** They have lines of their own in the string to sign, each kept even if it's empty. */
const fixedHeaders = ["accept", "content-md5", "content-type", "date"] as const;

/** The names of the headers that are signed besides those four, in the order in which they are. */
export function iotSignedHeaders({ headers }: Pick<IotRequestToSign, "headers">): string[] {
  return Object.keys(headers)
    .filter((name) => name.startsWith("x-ca-"))
    .filter((name) => name !== "x-ca-signature" && name !== "x-ca-signature-headers")
    .sort();
}

/** The `X-Ca-Signature` of a request: Base64 of HMAC-SHA256 with the app secret (PROTOCOLS.md 2.3). */
export function iotSign(request: IotRequestToSign, appSecret: string): string {
  return createHmac("sha256", appSecret).update(textToSign(request), "utf8").digest("base64");
}

/** For every body that isn't a form. */
export function contentMd5(body: string): string {
  return createHash("md5").update(body, "utf8").digest("base64");
}

function textToSign(request: IotRequestToSign): string {
  const { method, path, headers } = request;
  const signed = iotSignedHeaders(request).map((name) => `${name}:${headers[name]}`);
  return [method, ...fixedHeaders.map((name) => headers[name] ?? ""), ...signed, path].join("\n");
}
