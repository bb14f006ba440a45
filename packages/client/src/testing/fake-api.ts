import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { PROBLEM_TYPE, type Problem } from "@exhibit/contracts";

interface Asked {
  method: string;
  path: string;
  body: unknown;
  /** Who asks. */
  actor: string | undefined;
  /** The key that the request carries. */
  key: string | undefined;
  idempotencyKey: string | undefined;
  /** The entity tag of what the client has. */
  ifNoneMatch: string | undefined;
  lastEventId: string | undefined;
}

export interface FakeApi extends AsyncDisposable {
  readonly url: string;
  readonly asked: Asked[];
}

export type Answer = (response: ServerResponse, asked: Asked) => void;

/** An HTTP server on a free port that answers as the test says and remembers what it was asked. */
export async function startFakeApi(answer: Answer): Promise<FakeApi> {
  const asked: Asked[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const one = {
      method: request.method ?? "",
      path: request.url ?? "",
      body: await jsonOf(request),
      actor: request.headers["x-exhibit-actor"]?.toString(),
      key: /^Bearer (.*)$/.exec(request.headers.authorization ?? "")?.[1],
      idempotencyKey: request.headers["idempotency-key"]?.toString(),
      ifNoneMatch: request.headers["if-none-match"],
      lastEventId: request.headers["last-event-id"]?.toString(),
    };
    asked.push(one);
    answer(response, one);
  };
  const server = createServer((request, response) => void serve(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

export function errorJson(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
): void {
  const body: Problem = {
    type: `/v1/errors#${code}`,
    title: "…",
    status,
    detail: message,
    instance: "urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950e",
    code,
    remedy: "…",
    details: {},
  };
  response.writeHead(status, { "content-type": PROBLEM_TYPE }).end(JSON.stringify(body));
}

/** Begins a stream of server-sent events. */
export function eventStream(response: ServerResponse): (data: unknown, id?: string) => void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  return (data, id) => {
    const ofId = id === undefined ? "" : `id: ${id}\n`;
    response.write(`event: progress\ndata: ${JSON.stringify(data)}\n${ofId}\n`);
  };
}

/** The address of a port on which nothing listens. */
export async function deadUrl(): Promise<string> {
  const api = await startFakeApi(() => undefined);
  await api[Symbol.asyncDispose]();
  return api.url;
}

async function jsonOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return parts.length === 0 ? undefined : JSON.parse(Buffer.concat(parts).toString());
}
