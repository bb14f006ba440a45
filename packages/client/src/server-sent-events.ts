import { createParser, type EventSourceMessage } from "eventsource-parser";

/**
 * The server-sent events of an answer, in their order; ends when the stream ends and throws when it breaks.
 * `onBytes` is called for whatever arrives, heartbeats too.
 */
export async function* readServerSentEvents(
  answer: Response,
  onBytes: () => void,
): AsyncGenerator<EventSourceMessage> {
  const kind = answer.headers.get("content-type") ?? "";
  if (answer.body === null || !kind.startsWith("text/event-stream")) {
    await answer.body?.cancel();
    return;
  }
  const arrived: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => arrived.push(event) });
  for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
    onBytes();
    parser.feed(text);
    yield* arrived.splice(0);
  }
}
