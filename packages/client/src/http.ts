import { type ExhibitError, errorTable, toExhibitError } from "@exhibit/contracts";
import type { z } from "zod";
import { abortablePause } from "./abortable-pause.ts";
import { errorOf, notOfTheApi, unreachable } from "./response-errors.ts";

export interface HttpOptions {
  /** Where the API is; a slash at the end is dropped. */
  readonly url: string;
  /**
   * Milliseconds within which a response has to arrive. @defaultValue 30000, because an import with
   * many folders takes a while to be recorded
   */
  readonly timeout?: number;
  /**
   * The keys to try: the first, and while the API doesn't know a key, the next. A browser has none,
   * because its session is in a cookie.
   */
  readonly keys?: readonly string[];
  /**
   * On whose behalf this client acts, for the audit log. The API believes this of keys that may name
   * others.
   */
  readonly actor?: string | undefined;
  /**
   * For a caller that expects the API to be away at times: for how many milliseconds a read is repeated
   * while nobody answers, or while the status is 500 or above. What changes something is repeated under
   * an idempotency key alone: it may have been done although its response got lost. @defaultValue 0
   */
  readonly retryReadsFor?: number;
  /**
   * For how many milliseconds any request is repeated while the API asks to wait (RATE_LIMITED,
   * OVERLOADED): nothing of it was done. @defaultValue 300000, which is several times the minute in
   * which the API counts
   */
  readonly patience?: number;
  /** Called with what the API says when a request waits. */
  readonly onWait?: (error: ExhibitError) => void;
}

/** The API as HTTP: JSON in and out, checked by zod schemas, with every failure an `ExhibitError`. */
export interface Http {
  readonly url: string;
  /** Sends a GET and returns its parsed body. `limit` is a shorter timeout, in milliseconds. */
  read<T extends z.ZodType>(path: string, shape: T, limit?: number): Promise<z.output<T>>;
  /**
   * The same for what is read again and again: as long as nothing has changed, the same object is
   * returned, and no body is sent.
   */
  poll<T extends z.ZodType>(path: string, shape: T, limit?: number): Promise<z.output<T>>;
  /** Returns what stands for the state of what was polled, without the marks around it. */
  tagOf(polled: object): string | undefined;
  /**
   * Sends a request that changes something and returns the parsed body of its response. With an
   * idempotency key, the request is carried out once, however often it is sent. `limit` is another
   * timeout, in milliseconds.
   */
  write<T extends z.ZodType>(
    method: "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    shape: T,
    body: unknown,
    more?: { idempotencyKey?: string; limit?: number },
  ): Promise<z.output<T>>;
  /** Yields the items of all pages of a list. */
  pages<Item>(path: string, page: z.ZodType<Page<Item>>, filter?: Query): AsyncGenerator<Item>;
  /** Sends a GET and returns its response with an unread body. */
  open(path: string, headers: Record<string, string>, signal?: AbortSignal): Promise<Response>;
  /** Sends a POST and returns its response with an unread body. */
  post(path: string, body: unknown): Promise<Response>;
}

interface Page<Item> {
  items: Item[];
  next: string | null;
}

export type Query = Readonly<
  Record<string, string | number | boolean | readonly string[] | undefined>
>;

/** Items that a page of a list has at most. */
const PAGE_SIZE = 1000;
/** The status of AUTH_REQUIRED. */
const UNAUTHORIZED = 401;
/** The status of a response that says that nothing has changed. */
const NOT_MODIFIED = 304;
/** Milliseconds between two attempts of a read. */
const RETRY_PAUSE = 200;
/** Answers that are remembered for what is polled; a program follows few imports at once. */
const MAX_POLLED = 50;

export function createHttp(options: HttpOptions): Http {
  const { timeout = 30_000, retryReadsFor = 0, patience = 300_000, onWait } = options;
  const url = options.url.replace(/\/+$/, "");
  // A header can't carry every name unencoded.
  const actor: Record<string, string> =
    options.actor === undefined ? {} : { "x-exhibit-actor": encodeURIComponent(options.actor) };

  const keys = [...(options.keys ?? [])];
  const polled = new Map<string, object>();
  const tags = new WeakMap<object, string>();

  async function send(method: string, path: string, init: RequestInit): Promise<Response> {
    const [key] = keys;
    const authorization: Record<string, string> =
      key === undefined ? {} : { authorization: `Bearer ${key}` };
    const response = await fetch(`${url}${path}`, {
      method,
      ...init,
      headers: { ...actor, ...authorization, ...init.headers },
    }).catch((cause: unknown) => {
      init.signal?.throwIfAborted();
      throw unreachable(url, cause);
    });
    if (response.status === UNAUTHORIZED && (keys.length > 1 || keys[0] !== key)) {
      // Nothing was done, so whatever it was may be sent again. A request that was sent at the same
      // time may have changed the key already.
      await response.body?.cancel();
      if (keys[0] === key) keys.shift();
      return await send(method, path, init);
    }
    if (!response.ok && response.status !== NOT_MODIFIED)
      throw await errorOf(response, `${method} ${path}`);
    return response;
  }

  /** Sends a request, and sends it again while the API asks to wait. */
  async function call<T extends z.ZodType>(
    ...request: Parameters<typeof callOnce<T>>
  ): Promise<z.output<T>> {
    const deadline = Date.now() + patience;
    for (;;) {
      try {
        return await callOnce(...request);
      } catch (thrown) {
        const error = toExhibitError(thrown);
        const wait = waitOf(error);
        if (wait === undefined || Date.now() + wait > deadline) throw error;
        onWait?.(error);
        await abortablePause(wait);
      }
    }
  }

  async function callOnce<T extends z.ZodType>(
    method: string,
    path: string,
    shape: T,
    init: RequestInit,
    limit: number,
    known?: object,
  ): Promise<z.output<T>> {
    const signal = AbortSignal.timeout(limit);
    try {
      const response = await send(method, path, { ...init, signal });
      const text = await response.text().catch((cause: unknown) => {
        throw unreachable(url, cause);
      });
      if (response.status === NOT_MODIFIED) return known as z.output<T>;
      const data = parsed(text, shape, `${method} ${path}`);
      noteTag(data, response);
      return data;
    } catch (error) {
      throw signal.aborted ? unreachable(url, error) : error;
    }
  }

  function noteTag(data: unknown, { headers }: Response): void {
    const [, tag] = /^(?:W\/)?"([^"]*)"$/.exec(headers.get("etag") ?? "") ?? [];
    if (tag !== undefined && typeof data === "object" && data !== null) tags.set(data, tag);
  }

  async function poll<T extends z.ZodType>(
    path: string,
    shape: T,
    limit?: number,
  ): Promise<z.output<T>> {
    const data = await read(path, shape, limit, polled.get(path));
    polled.delete(path);
    if (typeof data === "object" && data !== null) polled.set(path, data);
    const [oldest] = polled.keys();
    if (polled.size > MAX_POLLED && oldest !== undefined) polled.delete(oldest);
    return data;
  }

  async function read<T extends z.ZodType>(
    path: string,
    shape: T,
    limit = timeout,
    known?: object,
  ): Promise<z.output<T>> {
    const tag = known && tags.get(known);
    const headers: Record<string, string> =
      tag === undefined ? {} : { "if-none-match": `W/"${tag}"` };
    const deadline = Date.now() + retryReadsFor;
    for (;;) {
      try {
        return await call("GET", path, shape, { headers }, Math.min(limit, timeout), known);
      } catch (thrown) {
        const error = toExhibitError(thrown);
        if (Date.now() >= deadline || !isAway(error)) throw error;
        await abortablePause(RETRY_PAUSE);
      }
    }
  }

  return {
    url,
    read: (path, shape, limit) => read(path, shape, limit),
    poll,
    tagOf: (value) => tags.get(value),
    write(method, path, shape, body, { idempotencyKey, limit = timeout } = {}) {
      const key: Record<string, string> =
        idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey };
      const headers = { "content-type": "application/json", ...key };
      return call(method, path, shape, { body: JSON.stringify(body), headers }, limit);
    },
    async *pages(path, page, filter = {}) {
      let after: string | undefined;
      do {
        const query = queryOf({ ...filter, limit: PAGE_SIZE, after });
        const { items, next } = await read(`${path}?${query}`, page);
        yield* items;
        after = next ?? undefined;
      } while (after !== undefined);
    },
    post: (path, body) =>
      send("POST", path, {
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      }),
    open: (path, headers, signal) => send("GET", path, { ...(signal && { signal }), headers }),
  };
}

/** Returns for how many milliseconds the API asks to wait; undefined if it doesn't. */
function waitOf({ code, retryAfter }: ExhibitError): number | undefined {
  return code === "RATE_LIMITED" || code === "OVERLOADED" ? retryAfter : undefined;
}

/** Whether an error may pass by itself: nobody answered, or the server failed. */
function isAway({ code }: ExhibitError): boolean {
  return errorTable[code].status >= 500;
}

/** Returns a query string without the parameters that are undefined; a list repeats its parameter. */
export function queryOf(query: Query): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const each of [value].flat()) parameters.append(key, String(each));
  }
  return parameters;
}

function parsed<T extends z.ZodType>(text: string, shape: T, call: string): z.output<T> {
  const result = shape.safeParse(jsonOf(text));
  if (result.success) return result.data;
  throw notOfTheApi(call, result.error);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The schema reports what isn't JSON.
    return undefined;
  }
}
