import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { csvHead, type FileView } from "@exhibit/contracts";
import { afterEach, describe, expect, test } from "vitest";
import { bearer, testKey } from "../fake-door.ts";
import { anyScope, fakeImports, fileView, folderView, startApi } from "../fake-imports.ts";

let api: Awaited<ReturnType<typeof startApi>> | undefined;
afterEach(async () => {
  await api?.app.close();
});

const PAGE = 1000;

const ask = (url: string) => fetch(url, { headers: bearer(testKey) });

/** Starts the API over an import of so many files in two folders; reading a page may fail. */
async function serve(count: number, { failsAtPage }: { failsAtPage?: number } = {}) {
  const fake = fakeImports();
  const { import_id } = fake.put();
  const asked: unknown[] = [];
  api = await startApi({
    imports: anyScope({
      ...fake.imports,
      async folders(_id, { after }) {
        const folder = { ...folderView, folder_id: after ?? "1" };
        return { items: [folder], next: after === undefined ? "2" : null };
      },
      async files(id, query) {
        await fake.imports.get(id);
        asked.push(query);
        if (asked.length === failsAtPage) throw new Error("the ledger went away");
        const from = Number(query.after ?? 0);
        const size = Math.min(PAGE, count - from);
        const items = Array.from({ length: size }, (_, index): FileView => {
          const at = from + index;
          return {
            ...fileView,
            ...{ file_id: String(at), folder_id: at < count / 2 ? "1" : "2" },
            path: at === 0 ? '=SUM("A1")' : `扫描/${at}.jpg`,
          };
        });
        const next = from + size < count ? String(from + size) : null;
        return { items, next };
      },
    }),
  });
  const url = await api.app.listen({ host: "127.0.0.1", port: 0 });
  return { url: `${url}/v1/imports/${import_id}`, import_id, asked };
}

describe("files.ndjson", () => {
  test("has a line for each file and ends with their number and the digest of all before", async () => {
    const { url, asked, import_id } = await serve(2500);
    const answer = await ask(`${url}/files.ndjson?state=stored,failed`);
    expect(answer.headers.get("content-type")).toBe("application/x-ndjson; charset=utf-8");
    expect(answer.headers.get("content-disposition")).toContain(`exhibit-${import_id}.ndjson`);
    const body = await answer.text();
    const end = body.lastIndexOf("\n", body.length - 2) + 1;
    expect(JSON.parse(body.slice(end))).toEqual({
      end: true,
      files: 2500,
      sha256: createHash("sha256").update(body.slice(0, end)).digest("hex"),
    });
    const files = body.slice(0, end).trimEnd().split("\n");
    expect(files.map((line) => (JSON.parse(line) as FileView).file_id)).toEqual(
      Array.from({ length: 2500 }, (_, at) => String(at)),
    );
    expect(asked).toEqual(
      [undefined, "1000", "2000"].map((after) => ({
        ...{ state: ["stored", "failed"], limit: PAGE, after },
      })),
    );
  });

  test("of no file has the end alone", async () => {
    const { url } = await serve(0);
    expect(await (await ask(`${url}/files.ndjson`)).json()).toEqual({
      ...{ end: true, files: 0 },
      sha256: createHash("sha256").digest("hex"),
    });
  });

  test("that fails on its way is a response that breaks off, without the end", async () => {
    const { url } = await serve(5000, { failsAtPage: 3 });
    const answer = await ask(`${url}/files.ndjson`);
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
  });

  test("isn't read faster than the client takes it, and no further once the client is gone", async () => {
    const pages = 200;
    const { url, asked } = await serve(pages * PAGE);
    const { hostname, port, pathname } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    const headers = `host: ${hostname}:${port}\r\nauthorization: Bearer ${testKey}\r\n`;
    socket.write(`GET ${pathname}/files.ndjson HTTP/1.1\r\n${headers}\r\n`);
    await once(socket, "readable");
    // What fits into the buffers between the two has been read before long, and then no more.
    let before = -1;
    while (before !== asked.length) {
      before = asked.length;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(asked.length).toBeLessThan(pages / 2);
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(asked.length).toBeLessThan(pages / 2);
  });
});

describe("files.csv", () => {
  test("is the command line's table: with a mark for Excel, safe cells, and each file's folder", async () => {
    const { url, import_id } = await serve(1500);
    const answer = await ask(`${url}/files.csv`);
    expect(answer.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
    const rows = bytes.toString().slice(1).split("\r\n");
    expect(`${rows[0]}\r\n`).toBe(csvHead());
    expect(rows[1]).toMatch(/^"'=SUM\(""A1""\)",stored,3,/);
    expect(rows).toHaveLength(1502);
    expect(rows[1500]).toContain(`扫描/1499.jpg`);
    expect(rows[1500]).toContain(import_id);
  });

  test("comes without the mark for programs", async () => {
    const { url } = await serve(1);
    const answer = await ask(`${url}/files.csv?bom=false`);
    expect(
      Buffer.from(await answer.arrayBuffer())
        .subarray(0, 4)
        .toString(),
    ).toBe("path");
  });
});

test.each(["files.ndjson", "files.csv"])(
  "%s of an unknown import is 404, and takes no page",
  async (name) => {
    const { url } = await serve(1);
    const unknown = url.replace(/[^/]+$/, "0f8fad5b-d9cb-469f-a165-70867728950e");
    expect((await ask(`${unknown}/${name}`)).status).toBe(404);
    expect((await ask(`${url}/${name}?limit=7`)).status).toBe(400);
    expect((await ask(`${url}/${name}?state=lost`)).status).toBe(400);
  },
);
