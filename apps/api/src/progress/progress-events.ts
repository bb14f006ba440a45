import { type ImportView, restingStatuses } from "@exhibit/contracts";

/** Writes what a `ProgressFeed` gives as server-sent events. */
export async function* eventsOf(views: AsyncIterable<ImportView | undefined>) {
  // A client that lost the connection comes back after two seconds.
  yield "retry: 2000\n\n";
  let last: ImportView | undefined;
  for await (const view of views) {
    // A comment keeps proxies from closing a connection that is quiet.
    yield view === undefined ? ": still here\n\n" : eventOf("progress", view);
    last = view ?? last;
  }
  // When the server is stopping, the import goes on: the client comes back.
  if (last !== undefined && restingStatuses.has(last.status)) yield eventOf("end", last);
}

function eventOf(name: "progress" | "end", view: ImportView): string {
  return `event: ${name}\ndata: ${JSON.stringify(view)}\n\n`;
}
