import type { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import type { StreamCount } from "./stream-count.ts";

/**
 * Answers by a stream of server-sent events, which counts as one of the principal and ends when they
 * leave. `open` is called if they may have one more. Throws RATE_LIMITED.
 */
export function sendEvents(
  reply: FastifyReply,
  principal: string,
  streams: StreamCount,
  open: (gone: AbortSignal) => Readable,
): Readable {
  const stream = streams.enter(principal);
  const gone = new AbortController();
  const leave = () => {
    stream.leave();
    gone.abort();
  };
  reply.raw.once("close", leave);
  // They may have left before it begins.
  if (reply.raw.destroyed) leave();
  // A reader misses what was said while it is slow, so that one event at most waits for it. One that takes
  // nothing at all holds its place for no longer than this.
  reply.raw.setTimeout(streams.longestStall, () => reply.raw.destroy());
  reply.type("text/event-stream; charset=utf-8").header("cache-control", "no-store");
  // Without this, nginx holds events back until its buffer is full.
  reply.header("x-accel-buffering", "no");
  // A kept-alive connection whose stream ends while the server closes would delay the close by
  // a minute.
  reply.header("connection", "close");
  return open(gone.signal);
}
