import { Agent, type IncomingMessage, request } from "node:http";

// The process that sends: what it costs isn't counted with the API.

/** Requests that are sent one after the other, by so many at once. */
export interface Load {
  readonly url: string;
  readonly method: "GET" | "POST" | "PATCH";
  /** They take turns. */
  readonly paths: readonly string[];
  readonly keys: readonly string[];
  readonly body?: string;
  readonly atOnce: number;
  /** How many in all, or for how long. */
  readonly count?: number;
  readonly seconds?: number;
}

/** What came of it. */
export interface Sent {
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Answers that were no success. */
  readonly failed: number;
  readonly bodies: readonly string[];
}

/** Clients who follow one import, while it is changed so many times. */
export interface Watch {
  readonly url: string;
  readonly importId: string;
  readonly keys: readonly string[];
  readonly watchers: number;
  readonly changes: number;
}

/** How long each change took to reach each of them, in milliseconds. */
export interface Watched {
  readonly reached: number;
  readonly p50: number;
  readonly p99: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

function ask(url: string, method: string, key: string, body?: string): Promise<IncomingMessage> {
  const headers = {
    authorization: `Bearer ${key}`,
    ...(body !== undefined && { "content-type": "application/json" }),
  };
  return new Promise((resolve, reject) => {
    request(url, { method, headers, agent }, resolve).once("error", reject).end(body);
  });
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = "";
  answer.setEncoding("utf8");
  for await (const piece of answer) text += piece;
  return text;
}

async function send(load: Load): Promise<Sent> {
  const { url, method, paths, keys, body, atOnce, count = Infinity, seconds = Infinity } = load;
  const times: number[] = [];
  const bodies: string[] = [];
  let failed = 0;
  let next = 0;
  const began = performance.now();
  const end = began + seconds * 1_000;
  async function client(): Promise<void> {
    while (next < count && performance.now() < end) {
      const at = next;
      next += 1;
      const start = performance.now();
      const path = paths[at % paths.length] ?? "/";
      const answer = await ask(`${url}${path}`, method, keys[at % keys.length] ?? "", body);
      const text = await textOf(answer);
      times.push(performance.now() - start);
      if ((answer.statusCode ?? 500) >= 300) failed += 1;
      if (bodies.length < 100) bodies.push(text);
    }
  }
  await Promise.all(Array.from({ length: atOnce }, client));
  const took = (performance.now() - began) / 1_000;
  return { requests: times.length, seconds: took, ...percentilesOf(times), failed, bodies };
}

async function watch({ url, importId, keys, watchers, changes }: Watch): Promise<Watched> {
  const of = `${url}/v1/imports/${importId}`;
  const changedAt = new Map<string, number>();
  const times: number[] = [];
  const streams = await Promise.all(
    Array.from({ length: watchers }, async (_, at) => {
      const key = keys[at % keys.length] ?? "";
      const headers = { authorization: `Bearer ${key}` };
      const stream = await new Promise<IncomingMessage>((resolve, reject) => {
        request(`${of}/events`, { headers, agent: false }, resolve).once("error", reject).end();
      });
      stream.setEncoding("utf8").on("data", (text: string) => {
        const title = /"title":"(change \d+)"/.exec(text)?.[1];
        const since = changedAt.get(title ?? "");
        if (since !== undefined) times.push(performance.now() - since);
      });
      return stream;
    }),
  );
  for (let change = 1; change <= changes; change += 1) {
    const title = `change ${change}`;
    changedAt.set(title, performance.now());
    await textOf(await ask(of, "PATCH", keys[0] ?? "", JSON.stringify({ title })));
    const due = performance.now() + 30_000;
    while (times.length < change * watchers && performance.now() < due) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  for (const stream of streams) stream.destroy();
  return { reached: times.length, ...percentilesOf(times) };
}

function percentilesOf(times: number[]): { p50: number; p99: number } {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

process.on("message", (job: { load: Load } | { watch: Watch }) => {
  const done = "load" in job ? send(job.load) : watch(job.watch);
  void done.then((result) => process.send?.(result));
});
process.on("disconnect", () => process.exit(0));
