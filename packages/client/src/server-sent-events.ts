import { createParser, type EventSourceMessage } from "eventsource-parser";

/**
 * Yields the server-sent events of a response in their order. Ends when the stream ends and throws when
 * it breaks. `onBytes` is called for everything that arrives, heartbeats included.
 */
export async function* readServerSentEvents(
  response: Response,
  onBytes: () => void,
): AsyncGenerator<EventSourceMessage> {
  const type = response.headers.get("content-type") ?? "";
  if (response.body === null || !type.startsWith("text/event-stream")) {
    await response.body?.cancel();
    return;
  }
  const arrived: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => arrived.push(event) });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      parser.feed(value);
      yield* arrived.splice(0);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
