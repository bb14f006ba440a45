import type { Sighting } from "./sighting.ts";

/** Formats the sightings of a `ProgressFeed` as server-sent events. */
export async function* eventsOf(sightings: AsyncIterable<Sighting | undefined>) {
  // A client that loses the connection reconnects after two seconds.
  yield "retry: 2000\n\n";
  let last: Sighting | undefined;
  for await (const sighting of sightings) {
    // A comment keeps proxies from closing an idle connection.
    yield sighting === undefined ? ": still here\n\n" : eventOf("progress", sighting);
    last = sighting ?? last;
  }
  // Without `end` the client reconnects: the import goes on while the server restarts.
  if (last?.isResting === true) yield eventOf("end", last);
}

function eventOf(name: "progress" | "end", { json }: Sighting): string {
  return `event: ${name}\ndata: ${json}\n\n`;
}
