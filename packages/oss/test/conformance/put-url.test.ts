import http from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import type { ExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import { createCRC64 } from "hash-wasm";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { createObjectStore, type ObjectStoreOptions } from "../../src/index.ts";
import { bodyOfBytes, bytesOf, holderOf, leaseFor } from "../leases.ts";

type Reply = (response: http.ServerResponse, crc64: string) => void;

const store = createObjectStore({ attempts: 3, baseDelay: 1 } satisfies ObjectStoreOptions);
const path = "/evidence/OWNBRAND/1001/1.jpg";
const query =
  "x-oss-date=20261123T000000Z&odd='a'&x-oss-signature=0123456789abcdef0123456789abcdef%2B";
const received: {
  method: string;
  url: string;
  headers: http.IncomingHttpHeaders;
  bytes: number;
}[] = [];
let replies: Reply[] = [];
let origin = "";

const stored: Reply = (response, crc64) => {
  response.writeHead(200, { "x-oss-hash-crc64ecma": crc64, "x-oss-request-id": "R1", etag: '"E"' });
  response.end();
};
const refused =
  (status: number, code: string, message: string): Reply =>
  (response) =>
    response
      .writeHead(status)
      .end(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`);

const server = http.createServer((request, response) => {
  void (async () => {
    const hasher = await createCRC64();
    let bytes = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      hasher.update(chunk);
      bytes += chunk.length;
    }
    const { method = "", url = "", headers } = request;
    received.push({ method, url, headers, bytes });
    (replies.shift() ?? stored)(response, String(BigInt(`0x${hasher.digest("hex")}`)));
  })().catch(() => response.destroy());
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  received.length = 0;
  replies = [];
});
afterAll(() => {
  store.close();
  server.closeAllConnections();
  server.close();
});

function urlLease(number: number, key = "OWNBRAND/1001/1.jpg"): Lease {
  const uploadUrl = `${origin}${path}?n=${number}&${query}`;
  return {
    ...leaseFor(origin, number),
    prefix: "OWNBRAND/1001/",
    prefixes: [key],
    object: { key, uploadUrl },
  };
}

const put = (content = bytesOf(100_000), holder = holderOf((n) => urlLease(n))) =>
  store.put({ leases: holder, name: "photo of the brand.jpg", body: bodyOfBytes(content) });

async function failure(work: Promise<unknown>): Promise<ExhibitError> {
  return work.then(
    () => expect.unreachable("it was stored"),
    (error: ExhibitError) => error,
  );
}

it("puts the file to the URL exactly as it is, adds no header, and has the URL's key in the receipt", async () => {
  const receipt = await put();
  expect(receipt).toMatchObject({
    outcome: "stored",
    key: "OWNBRAND/1001/1.jpg",
    size: 100_000,
    requestId: "R1",
    leaseId: "lease-1",
  });
  expect(received).toMatchObject([{ method: "PUT", url: `${path}?n=1&${query}`, bytes: 100_000 }]);
  expect(Object.keys(received[0]?.headers ?? {}).sort()).toEqual([
    "connection",
    "content-length",
    "host",
  ]);
});

it("streams a file that is too large to be held in memory, and proves it", async () => {
  const content = bytesOf(9 * 1024 * 1024 + 1);
  const body = bodyOfBytes(content);
  let counted = 0;
  const receipt = await store.put({
    leases: holderOf((n) => urlLease(n)),
    name: "a.jpg",
    body,
    onBytes: (bytes) => {
      counted += bytes;
    },
  });
  expect(receipt).toMatchObject({ outcome: "stored", size: content.length });
  expect(counted).toBe(content.length);
  expect(body.reads.at(-1)?.[1]).toBe(content.length);
  expect(body.reads).toHaveLength(10);
});

it.each([
  ["a fault of OSS", refused(500, "InternalError", "busy")],
  ["a lost answer", ((response) => void response.destroy()) satisfies Reply],
  ["damaged bytes", ((response) => stored(response, "1")) satisfies Reply],
])("reads and sends the file again after %s", async (_, reply) => {
  replies = [reply];
  expect(await put()).toMatchObject({ outcome: "stored", leaseId: "lease-1" });
  expect(received.map(({ bytes }) => bytes)).toEqual([100_000, 100_000]);
});

it("is STORE_PROOF_MISSING when the response carries no CRC64", async () => {
  const silent: Reply = (response) => response.writeHead(200, { etag: '"E"' }).end();
  replies = [silent, silent, silent];
  const error = await failure(put());
  expect(error).toMatchObject({ code: "STORE_PROOF_MISSING" });
  expect(error.message).toContain("x-oss-hash-crc64ecma");
});

it("uses another URL when the first has ended, also one for another key", async () => {
  replies = [refused(403, "AccessDenied", "Request has expired.")];
  const holder = holderOf((n) => urlLease(n, `OWNBRAND/1001/${n}.jpg`));
  expect(await put(undefined, holder)).toMatchObject({
    key: "OWNBRAND/1001/2.jpg",
    leaseId: "lease-2",
  });
  expect(holder.replaced).toEqual(["lease-1"]);
  expect(received[1]?.url).toContain("n=2");
});

it("says what it can't know when an object is there already that isn't shown", async () => {
  replies = [refused(409, "FileAlreadyExists", "The object you specified already exists.")];
  const error = await failure(put());
  expect(error).toMatchObject({ code: "STORE_DENIED" });
  expect(error.message).toContain("is there already, but doesn't show it");
  expect(received).toHaveLength(1);
});

it("refuses a file of more than 5 GB before it reads it", async () => {
  const size = 5 * 1024 ** 3 + 1;
  const body = bodyOfBytes(Buffer.alloc(0), size);
  const error = await failure(store.put({ leases: holderOf((n) => urlLease(n)), name: "a", body }));
  expect(error.code).toBe("STORE_REFUSED");
  expect(error.message).toContain(`has ${size} bytes`);
  expect(body.reads).toEqual([]);
});

it("notices a file that has become shorter", async () => {
  const body = bodyOfBytes(bytesOf(10), 20);
  const error = await failure(store.put({ leases: holderOf((n) => urlLease(n)), name: "a", body }));
  expect(error.code).toBe("SOURCE_CHANGED");
});

it("keeps the URL's signature out of errors, even if OSS repeats it", async () => {
  const repeated = `for ${path}?n=1&amp;${query.replaceAll("&", "&amp;")} and 0123456789abcdef0123456789abcdef+`;
  replies = [refused(403, "SignatureDoesNotMatch", repeated)];
  const shown = inspect(await failure(put()), { depth: null, showHidden: true });
  expect(shown).toContain("STORE_SIGNATURE");
  expect(shown).not.toContain("0123456789abcdef0123456789abcdef");
});
