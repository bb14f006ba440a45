import type net from "node:net";
import { onAbort } from "./abort-listeners.ts";
import type { BandwidthPacer } from "./bandwidth-pacer.ts";
import { hungUp, timedOut } from "./connection-failure.ts";
import { interrupted } from "./interrupted.ts";
import type { OutgoingRequest } from "./request.ts";
import { type Sending, writeRequest } from "./request-writer.ts";
import type { HttpResponse } from "./response.ts";
import { createResponseReader } from "./response-reader.ts";

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
  const reader = createResponseReader(request.method);
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
        if (complete) finish(() => responded(complete.response, complete.reusable && isSent));
      } catch (error) {
        exchange.fail(error);
      }
    },
    ended() {
      const complete = reader.end();
      if (complete) finish(() => responded(complete.response, false));
      else exchange.fail(hungUp());
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
