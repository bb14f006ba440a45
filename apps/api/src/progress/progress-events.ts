import type { ImportView } from "@exhibit/contracts";
import { type Sighting, sightingOf } from "./sighting.ts";

/**
 * Formats the sightings of a `ProgressFeed` as server-sent events. The id of an event stands for what
 * it says; what the client has received last (`lastId`) isn't sent again before something else is.
 */
export async function* eventsOf(
  sightings: AsyncIterable<Sighting | undefined>,
  lastId: string | undefined,
) {
  // A client that loses the connection reconnects after two seconds.
  yield "retry: 2000\n\n";
  let known = lastId;
  let last: Sighting | undefined;
  for await (const sighting of sightings) {
    // A comment keeps proxies from closing an idle connection.
    if (sighting === undefined) yield ": still here\n\n";
    else if (sighting.fingerprint !== known) {
      known = sighting.fingerprint;
      yield eventOf("progress", known, sighting);
    }
    last = sighting ?? last;
  }
  // Without `end` the client reconnects: the import goes on while the server restarts.
  if (last?.isResting === true) yield eventOf("end", endIdOf(last), last);
}

/** Returns whether a client that has received the event `lastId` has been told of the import's end. */
export function hasSeenEnd(view: ImportView, lastId: string | undefined): boolean {
  const sighting = sightingOf(view);
  return sighting.isResting && lastId === endIdOf(sighting);
}

/** Another one than that of the last `progress`, which may arrive without the `end` behind it. */
function endIdOf({ fingerprint }: Sighting): string {
  return `${fingerprint}.end`;
}

function eventOf(name: "progress" | "end", id: string, { json }: Sighting): string {
  return `event: ${name}\ndata: ${json}\nid: ${id}\n\n`;
}
