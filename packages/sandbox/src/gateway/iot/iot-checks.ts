import { createHash, createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { sandboxAccount } from "../../accounts.ts";
import { refusedByGateway } from "./iot-error.ts";

/** A request as the IoT gateway sees it. */
export interface IotRequest {
  method: string;
  /** With the query, as received. */
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** X-Ca-Timestamp is valid for 15 minutes, and a nonce may be used once in that time. */
const TOLERANCE_MS = 15 * 60_000;
const stages: readonly string[] = ["RELEASE", "PRE", "TEST"];
const algorithms: Readonly<Record<string, string>> = { HmacSHA256: "sha256", HmacSHA1: "sha1" };
/** These headers have lines of their own in the signed text, so they must not be among the signed headers. */
const neverSigned: readonly string[] = [
  ...["x-ca-signature", "x-ca-signature-headers"],
  ...["accept", "content-md5", "content-type", "date"],
];

/** Returns a check of a request's headers by PROTOCOLS, sections 2.2 and 2.3, which throws `IotError`. */
export function createIotChecks(now: () => number): (request: IotRequest) => void {
  const nonces = new Map<string, number>();

  function checkNonce(nonce: string): void {
    for (const [old, until] of nonces) if (until <= now()) nonces.delete(old);
    if (nonces.has(nonce)) throw refusedByGateway(400, "I400HD", "Nonce Used");
    nonces.set(nonce, now() + TOLERANCE_MS);
  }

  return (request) => {
    const header = (name: string) => String(request.headers[name] ?? "");
    if (header("x-ca-signature") === "") throw refusedByGateway(401, "I400MH", "Empty Signature");
    if (header("x-ca-key") !== sandboxAccount.appKey) {
      throw refusedByGateway(401, "I400HD", "Invalid AppKey");
    }
    const timestamp = header("x-ca-timestamp");
    if (!/^\d{13}$/u.test(timestamp) || Math.abs(now() - Number(timestamp)) > TOLERANCE_MS) {
      throw refusedByGateway(400, "I400HD", "Invalid Timestamp");
    }
    if (!stages.includes(header("x-ca-stage") || "RELEASE")) {
      throw refusedByGateway(400, "I400HD", "Invalid Stage");
    }
    if (header("x-ca-nonce") === "") throw refusedByGateway(400, "I400MH", "Empty Nonce");
    checkMd5(request);
    checkSignature(request);
    checkNonce(header("x-ca-nonce"));
  };
}

/** "Content-MD5 = Base64(MD5(body bytes)), only when there is a body that is not a form." */
function checkMd5({ headers, body }: IotRequest): void {
  const expected = createHash("md5").update(body, "utf8").digest("base64");
  if (headers["content-md5"] !== expected) {
    throw refusedByGateway(400, "I400HD", "Invalid Content-MD5");
  }
}

function checkSignature(request: IotRequest): void {
  const { headers } = request;
  const algorithm = algorithms[String(headers["x-ca-signature-method"] ?? "HmacSHA256")];
  if (algorithm === undefined) throw refusedByGateway(400, "I400HD", "Invalid Signature Method");
  const text = textToSign(request);
  const expected = createHmac(algorithm, sandboxAccount.appSecret)
    .update(text, "utf8")
    .digest("base64");
  if (headers["x-ca-signature"] === expected) return;
  // A header can't hold line ends: they are shown as `#`.
  const shown = text.replaceAll("\n", "#");
  throw refusedByGateway(400, "I400HD", `Invalid Signature, Server StringToSign:${shown}`);
}

function textToSign({ method, path, headers }: IotRequest): string {
  const named = String(headers["x-ca-signature-headers"] ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "")
    .sort();
  const wrong = named.find((name) => neverSigned.includes(name) || headers[name] === undefined);
  if (wrong !== undefined) {
    throw refusedByGateway(400, "I400HD", `Invalid X-Ca-Signature-Headers: ${wrong}`);
  }
  const line = (name: string) => `${String(headers[name] ?? "")}\n`;
  return [
    `${method}\n`,
    ...["accept", "content-md5", "content-type", "date"].map(line),
    ...named.map((name) => `${name}:${line(name)}`),
    path,
  ].join("");
}
