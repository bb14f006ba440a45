import type { IncomingMessage } from "node:http";
import { readText } from "../../http/read-text.ts";
import { topError } from "./top-error.ts";

/** Returns the parameters of query and form together. Throws `TopError` for another kind of body, or a name given twice. */
export async function readParameters(request: IncomingMessage): Promise<Map<string, string>> {
  const parameters = new Map<string, string>();
  const question = request.url?.indexOf("?") ?? -1;
  if (question !== -1) collect(parameters, (request.url ?? "").slice(question + 1));
  if (request.method === "GET") return parameters;
  if (request.method !== "POST") throw topError(41, "isv.http-action-not-allowed");
  const body = await readText(request, () =>
    topError(41, "isv.too-large", "The body is too large"),
  );
  const type = request.headers["content-type"] ?? "";
  if (body !== "" && !/^application\/x-www-form-urlencoded\b/iu.test(type)) {
    throw topError(41, "isv.invalid-content-type", "The body isn't a form");
  }
  collect(parameters, body);
  return parameters;
}

function collect(parameters: Map<string, string>, text: string): void {
  for (const [name, value] of new URLSearchParams(text)) {
    if (parameters.has(name)) {
      throw topError(41, `isv.invalid-parameter:${name}`, `${name} is given twice`);
    }
    parameters.set(name, value);
  }
}
