import type { IncomingHttpHeaders } from "node:http";
import type { HttpResponse } from "../http/response.ts";
import type { Operation } from "./operation.ts";

const ERROR = /^\s*(?:<\?xml[^>]*>\s*)?<Error[\s>]/;
const PAGE = /^\s*<(?:!doctype html|html)[\s>]/i;

/**
 * Returns whether a response is no success. Its status alone doesn't tell: "200 OK" may have gone
 * out before OSS knew that it would fail, which it then says in the body; and a portal that wants
 * people to sign in responds to everything with 200 and a page.
 */
export function isFailure(response: HttpResponse, { root }: Pick<Operation, "root">): boolean {
  const { status, body } = response;
  if (status < 200 || status >= 300 || isPage(response)) return true;
  if (body.length === 0) return false;
  const text = body.toString();
  return ERROR.test(text) || (root !== undefined && !new RegExp(`<${root}[\\s/>]`).test(text));
}

/**
 * Returns whether a response is a page for people, which OSS never sends. The response to HEAD only
 * has the page's type, and an object of OSS may have that type, too.
 */
export function isPage({ headers, body }: HttpResponse): boolean {
  if (body.length > 0) return PAGE.test(body.toString("latin1", 0, 64));
  const isHtml = headers["content-type"]?.startsWith("text/html") === true;
  return isHtml && headers["x-oss-request-id"] === undefined;
}

/** What OSS says in a failed response. */
interface FailureFields {
  code: string | undefined;
  message: string | undefined;
  /** OSS's number for the exact cause, such as `0003-00000001`. */
  ec: string | undefined;
  requestId: string | undefined;
}

/** The response to HEAD has no body: OSS puts the same XML, as Base64, into a header. */
export function fieldsOf({ headers, body }: HttpResponse): FailureFields {
  const inHeader = headers["x-oss-err"];
  const xml =
    body.length > 0 || typeof inHeader !== "string"
      ? body.toString()
      : Buffer.from(inHeader, "base64").toString();
  return {
    code: element(xml, "Code"),
    message: element(xml, "Message"),
    ec: element(xml, "EC") ?? text(headers["x-oss-ec"]),
    requestId: text(headers["x-oss-request-id"]) ?? element(xml, "RequestId"),
  };
}

/**
 * Returns the milliseconds that OSS asks us to wait: `x-oss-qos-delay-time` is in milliseconds,
 * `Retry-After` in seconds.
 */
export function delayOf(headers: IncomingHttpHeaders): number | undefined {
  const delay = Number(text(headers["x-oss-qos-delay-time"]) ?? Number.NaN);
  const after = Number(headers["retry-after"] ?? Number.NaN) * 1000;
  return [delay, after].find((milliseconds) => Number.isFinite(milliseconds) && milliseconds >= 0);
}

/** Returns the text of the first element of this name; undefined when there is none, or no text. */
export function element(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]?.trim();
  return found === undefined || found === "" ? undefined : unescapeXml(found);
}

const entities: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  amp: "&",
};

function unescapeXml(text: string): string {
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (whole, name: string) => entities[name] ?? whole);
}

function text(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" && header !== "" ? header : undefined;
}
