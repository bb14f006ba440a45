import type net from "node:net";
import { onAbort } from "./abort-listeners.ts";
import type { BandwidthPacer } from "./bandwidth-pacer.ts";
import { hungUp, timedOut } from "./connection-failure.ts";
import { createHeldSink } from "./held-sink.ts";
import { interrupted } from "./interrupted.ts";
import type { OutgoingRequest } from "./request.ts";
import { type Sending, writeRequest } from "./request-writer.ts";
import type { HttpResponse } from "./response.ts";
import { type CompleteResponse, createResponseReader } from "./response-reader.ts";

/**
 * However slow the line, a request ends after two minutes plus a minute for each MiB. Time that it
 * waits for our own bandwidth limit doesn't count.
 */
const MAX_DURATION = 120_000;
const MAX_DURATION_PER_BYTE = 60_000 / (1024 * 1024);

/** A request in flight, and what the socket tells it. */
export interface Exchange extends Sending {
  /** Takes received bytes; the next ones overwrite them. */
  data(chunk: Buffer): void;
  ended(): void;
}

/** Exactly one of these is called, once. */
interface ExchangeListener {
  responded(response: HttpResponse, isReusable: boolean): void;
  failed(error: unknown): void;
}

/**
 * Sends a request and reads its response. Only the first outcome is told; what a destroyed socket
 * reports afterwards is ignored.
 */
export function startExchange(
  socket: net.Socket,
  request: OutgoingRequest,
  pacer: BandwidthPacer,
  { responded, failed }: ExchangeListener,
): Exchange {
  const { body, signal } = request;
  const sink =
    request.sink &&
    createHeldSink(request.sink, (bytes) => {
      clearTimeout(longest);
      longest = setTimeout(tooLong, longestFor(bytes));
    });
  const reader = createResponseReader(request.method, sink);
  const tooLong = () => {
    const { paced, isPaced } = exchange;
    if (paced === 0 && !isPaced) return exchange.fail(timedOut("the request took too long"));
    exchange.paced = 0;
    longest = setTimeout(tooLong, Math.max(paced, MAX_DURATION));
  };
  let longest = setTimeout(tooLong, longestFor(body?.length ?? 0));
  const finish = (tell: () => void) => {
    if (exchange.over) return;
    exchange.over = true;
    clearTimeout(longest);
    stopListening();
    tell();
  };
  const deliver = (complete: CompleteResponse | undefined, isReusable: boolean) => {
    if (complete) finish(() => responded(complete.response, isReusable));
  };
  /** Reads on once the sink has taken what arrived. Time that it takes doesn't count. */
  const whenTaken = (busy: Promise<unknown>, then: () => void) => {
    const since = performance.now();
    exchange.isPaced = true;
    socket.pause();
    void busy.then(
      () => {
        if (exchange.over) return;
        if (sink?.busy) return whenTaken(sink.busy, then);
        exchange.isPaced = false;
        exchange.paced += performance.now() - since;
        socket.resume();
        then();
      },
      (error: unknown) => exchange.fail(error),
    );
  };
  const exchange: Exchange = {
    sent: 0,
    written: false,
    over: false,
    isPaced: false,
    paced: 0,
    data(chunk) {
      try {
        const complete = reader.take(chunk);
        // A response that arrives before the body is out ends the sending, and the connection with
        // it.
        const isSent = exchange.written && socket.writableLength === 0;
        const isReusable = isSent && complete?.reusable === true;
        if (sink?.busy) whenTaken(sink.busy, () => deliver(complete, isReusable));
        else deliver(complete, isReusable);
      } catch (error) {
        exchange.fail(error);
      }
    },
    ended() {
      const complete = reader.end();
      if (complete === undefined) exchange.fail(hungUp());
      else if (sink?.busy) whenTaken(sink.busy, () => deliver(complete, false));
      else deliver(complete, false);
    },
    fail: (error) => finish(() => failed(error)),
  };
  const stopListening = onAbort(signal, () => signal && exchange.fail(interrupted(signal)));
  void writeRequest(socket, request, exchange, pacer);
  return exchange;
}

/** Returns milliseconds in whole seconds, because Node keeps a list for each length of timers. */
function longestFor(bytes: number): number {
  return MAX_DURATION + Math.ceil((bytes * MAX_DURATION_PER_BYTE) / 1000) * 1000;
}
