import { Transform } from "node:stream";
import { ExhibitError } from "@exhibit/contracts";
import type { FastifyInstance } from "fastify";

/** How long a request's body may take, in milliseconds. */
export interface BodyTimes {
  /** Until all of it is there. @defaultValue 30000 */
  readonly whole?: number;
  /** Without a byte of it. @defaultValue 10000 */
  readonly stall?: number;
}

/** Milliseconds. 8 MiB by a line of 2.5 Mbit/s take as long. */
const WHOLE = 30_000;
/** Milliseconds. A sender that is alive never pauses for so long within a body. */
const STALL = 10_000;

/**
 * Limits how long bodies may take: each holds a connection and what has arrived of it. Node's own
 * `requestTimeout` is one for the whole server, so that it would also cut off what is long by its
 * nature. Whoever adds a route with bodies of another type than JSON decides how long they may take.
 */
export function limitBodyTimes(
  app: FastifyInstance,
  { whole = WHOLE, stall = STALL }: BodyTimes = {},
): void {
  app.addHook("preParsing", async ({ headers }, reply, payload) => {
    if (!/^application\/json\b/i.test(headers["content-type"] ?? "")) return payload;
    const startedAt = Date.now();
    let movedAt = startedAt;
    const body = new Transform({
      transform(bytes, _encoding, done) {
        movedAt = Date.now();
        done(null, bytes);
      },
    });
    const check = () => {
      const now = Date.now();
      if (now - startedAt >= whole) body.destroy(tooSlow(`wasn't there within ${whole / 1000} s`));
      else if (now - movedAt >= stall) body.destroy(tooSlow(`stalled for ${stall / 1000} s`));
    };
    const timer = setInterval(check, Math.min(whole, stall) / 10);
    body.once("close", () => clearInterval(timer));
    // A handler that refuses a request unread doesn't listen to its body, nor to how it ends.
    body.on("error", () => undefined);
    reply.raw.once("close", () => body.destroy());
    payload.once("error", (error) => body.destroy(error));
    return payload.pipe(body);
  });
  // What is answered before its body has arrived keeps its connection no longer than that.
  app.addHook("onResponse", async ({ raw }) => {
    const { "content-length": length = "0", "transfer-encoding": encoding } = raw.headers;
    if (raw.complete || (length === "0" && encoding === undefined)) return;
    const end = () => {
      if (!raw.complete) raw.destroy();
    };
    setTimeout(end, stall).unref();
  });
}

function tooSlow(what: string): ExhibitError {
  return new ExhibitError("REQUEST_TOO_SLOW", `The request's body ${what}.`);
}
