import { Agent, request } from "node:http";
import type { MadeUp } from "./made-up-requests.ts";

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly milliseconds: number;
}

/** Milliseconds after which a request hangs. */
const TIMEOUT_MS = 60_000;

/** Creates a function that sends requests as they are, over connections that are kept. */
export function createSender(apiUrl: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const send = ({ method, target, headers, body }: MadeUp): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const startedAt = performance.now();
      const { hostname, port } = new URL(apiUrl);
      const sent = request({ hostname, port, method, path: target, headers, agent }, (answer) => {
        const { statusCode: status = 0, headers } = answer;
        const type = headers["content-type"] ?? "";
        let text = "";
        const told = () =>
          resolve({ status, type, text, milliseconds: performance.now() - startedAt });
        answer.setEncoding("utf8").on("data", (more) => {
          text += more;
          // A stream of events may have no end.
          if (type.startsWith("text/event-stream")) answer.destroy();
        });
        answer.once("close", told);
      });
      sent.setTimeout(TIMEOUT_MS, () =>
        sent.destroy(new Error(`no answer after ${TIMEOUT_MS} ms`)),
      );
      sent.once("error", reject);
      sent.end(body);
    });
  return { send, close: () => agent.destroy() };
}
