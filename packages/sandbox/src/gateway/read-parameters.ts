import type { IncomingMessage } from "node:http";
import { topError } from "./top-error.ts";

const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** The parameters of query and form together. Throws `TopError` for another kind of body or a name given twice. */
export async function readParameters(request: IncomingMessage): Promise<Map<string, string>> {
  const parameters = new Map<string, string>();
  const question = request.url?.indexOf("?") ?? -1;
  if (question !== -1) collect(parameters, (request.url ?? "").slice(question + 1));
  if (request.method === "GET") return parameters;
  if (request.method !== "POST") throw topError(41, "isv.http-action-not-allowed");
  const body = await readBody(request);
  const type = request.headers["content-type"] ?? "";
  if (body !== "" && !/^application\/x-www-form-urlencoded\b/iu.test(type)) {
    throw topError(41, "isv.invalid-content-type", "The body isn't a form");
  }
  collect(parameters, body);
  return parameters;
}

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw topError(41, "isv.too-large", "The body is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function collect(parameters: Map<string, string>, text: string): void {
  for (const [name, value] of new URLSearchParams(text)) {
    if (parameters.has(name)) {
      throw topError(41, `isv.invalid-parameter:${name}`, `${name} is given twice`);
    }
    parameters.set(name, value);
  }
}
