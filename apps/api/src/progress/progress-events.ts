import { type ImportView, restingStatuses } from "@exhibit/contracts";

/** Formats the views of a `ProgressFeed` as server-sent events. */
export async function* eventsOf(views: AsyncIterable<ImportView | undefined>) {
  // A client that loses the connection reconnects after two seconds.
  yield "retry: 2000\n\n";
  let last: ImportView | undefined;
  for await (const view of views) {
    // A comment keeps proxies from closing an idle connection.
    yield view === undefined ? ": still here\n\n" : eventOf("progress", view);
    last = view ?? last;
  }
  // Without `end` the client reconnects: the import goes on while the server restarts.
  if (last !== undefined && restingStatuses.has(last.status)) yield eventOf("end", last);
}

function eventOf(name: "progress" | "end", view: ImportView): string {
  return `event: ${name}\ndata: ${JSON.stringify(view)}\n\n`;
}
