import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * `silent` never answers, `broken` hangs up, `misshapen` sends JSON of another form, `malformed`
 * sends no JSON, `early` rejects our clock until it is right.
 */
export type Mood =
  | "healthy"
  | "denied"
  | "misconfigured"
  | "throttled"
  | "busy"
  | "down"
  | "malformed"
  | "misshapen"
  | "broken"
  | "silent"
  | "early";

interface Received {
  readonly query: Record<string, string>;
  readonly form: Record<string, string>;
}

export interface FakeGateway {
  readonly url: string;
  readonly received: Received[];
  become(mood: Mood): void;
  /** Sets the whole JSON answer of the mood `healthy`. */
  answer(answer: (received: Received) => unknown): void;
  /** Resolves when the next request has arrived. */
  nextRequest(): Promise<void>;
  stop(): Promise<void>;
}

/** Two hours ahead: more than the platform tolerates. */
const fakeClockOffset = 2 * 60 * 60 * 1000;

const failures: Partial<Record<Mood, object>> = {
  denied: {
    code: 15,
    msg: "Remote service error",
    sub_code: "isv.permission-denied",
    sub_msg: "没有权限",
    request_id: "req-denied",
  },
  misconfigured: { code: 25, msg: "Invalid signature", request_id: "req-sign" },
  throttled: {
    code: 7,
    msg: "App Call Limited",
    sub_code: "accesscontrol.limited-by-app-access-count",
    sub_msg: "This ban will last for 3 more seconds",
  },
  busy: { code: 15, msg: "Remote service error", sub_code: "isp.top-remote-connection-timeout" },
};

/**
 * Starts a Taobao Open Platform on the loopback with moods; `leak` is part of its garbled answers.
 */
export async function startFakeGateway(leak: string): Promise<FakeGateway> {
  const received: Received[] = [];
  let mood: Mood = "healthy";
  let healthy: (received: Received) => unknown = () => ({});
  let arrived = Promise.withResolvers<void>();

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const said = await receivedFrom(request);
    received.push(said);
    arrived.resolve();
    arrived = Promise.withResolvers();
    reply(said, response);
  }

  function reply(said: Received, response: ServerResponse): unknown {
    const failure = failures[mood];
    if (failure !== undefined) return json(response, { error_response: failure });
    switch (mood) {
      case "down":
        return response.writeHead(503).end("<html>busy</html>");
      case "malformed":
        return response.end(`{"result": "${leak}`);
      case "misshapen":
        return json(response, {
          result: [leak],
          kongur_oss_result_do: { datas: [{ oss_token: { leak } }] },
        });
      case "broken":
        return response.destroy();
      case "silent":
        return undefined;
      case "early":
        return early(said, response);
      case "healthy":
      case "denied":
      case "misconfigured":
      case "throttled":
      case "busy":
        return json(response, healthy(said));
    }
  }

  function early(said: Received, response: ServerResponse): unknown {
    const ours = Date.now() + fakeClockOffset;
    const theirs = Date.parse(`${said.query.timestamp?.replace(" ", "T")}+08:00`);
    response.setHeader("date", new Date(ours).toUTCString());
    const isRight = Math.abs(ours - theirs) < 600_000;
    return json(
      response,
      isRight ? healthy(said) : { error_response: { code: 31, msg: "Invalid timestamp" } },
    );
  }

  const server = createServer((request, response) => void handle(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/router/rest`,
    received,
    become(next) {
      mood = next;
    },
    answer(next) {
      healthy = next;
    },
    nextRequest: () => arrived.promise,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function receivedFrom(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const query = new URL(request.url ?? "/", "http://fake").searchParams;
  const form = new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
  return { query: Object.fromEntries(query), form: Object.fromEntries(form) };
}

function json(response: ServerResponse, answer: unknown): unknown {
  response.setHeader("content-type", "application/json;charset=utf-8");
  return response.end(JSON.stringify(answer));
}
