import { ExhibitError } from "@exhibit/contracts";
import type { Target } from "../api/object-calls.ts";
import type { Sender } from "../api/sender.ts";
import type { BodySink } from "../http/body-sink.ts";
import type { ObjectPage } from "../object-reading.ts";
import { readPage } from "./list-xml.ts";

/** "MaxKeys: at most 1000" (PROTOCOLS.md 5.1). */
const OBJECTS_OF_A_PAGE = "1000";
/** Bytes. A thousand keys of 1,023 bytes, each written with three characters, come to 3.5 MB. */
const MAX_PAGE = 8 * 1024 * 1024;

/**
 * Asks for the page of objects whose keys begin with the target's key and come after `after`. The
 * list is asked for in URL encoding, because XML can't hold every key. A page begins after a key
 * rather than with a token of OSS's, so that whoever knows a key can go on from there.
 */
export async function listObjects(
  sender: Sender,
  { lease, key: prefix, signal }: Target,
  after: string | undefined,
): Promise<ObjectPage> {
  const operation = { operation: "ListObjectsV2", key: "", lease, signal };
  const { sink, text } = textSink();
  const query = {
    "list-type": "2",
    "encoding-type": "url",
    "max-keys": OBJECTS_OF_A_PAGE,
    ...(prefix !== "" && { prefix }),
    ...(after !== undefined && { "start-after": after }),
  };
  await sender.send({ ...operation, method: "GET", query, sink, isCounted: true });
  const page = readPage(text());
  const fault = typeof page === "string" ? page : faultOf(page, prefix, after);
  if (typeof page !== "string" && fault === undefined) return page;
  throw new ExhibitError(
    "STORE_UNAVAILABLE",
    `OSS answered ListObjectsV2 of ${JSON.stringify(prefix)} in bucket ${lease.bucket.name} with a list that can't be used: ${fault}.`,
    { details: { operation: operation.operation, bucket: lease.bucket.name, prefix } },
  );
}

/** Whoever compares a list with another relies on its order, and a page that begins anew would never end. */
function faultOf(
  { objects }: ObjectPage,
  prefix: string,
  after: string | undefined,
): string | undefined {
  let last = after;
  for (const { key } of objects) {
    if (!key.startsWith(prefix)) return `${JSON.stringify(key)} isn't below the prefix`;
    if (last !== undefined && Buffer.compare(Buffer.from(last), Buffer.from(key)) >= 0)
      return `${JSON.stringify(key)} isn't in order`;
    last = key;
  }
  return undefined;
}

function textSink(): { sink: BodySink; text: () => string } {
  let pieces: Buffer[] = [];
  let size = 0;
  return {
    sink: {
      begin() {
        pieces = [];
        size = 0;
      },
      take(piece) {
        size += piece.length;
        if (size > MAX_PAGE) throw new Error(`the response is longer than ${MAX_PAGE} bytes`);
        pieces.push(Buffer.from(piece));
        return undefined;
      },
    },
    text: () => Buffer.concat(pieces).toString(),
  };
}
