import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient, directory } from "../../test/support/system.ts";
import { startFleet } from "../fleet.ts";

/**
 * Returns the seconds from the API request for a folder until the first PUT reaches the bucket, with
 * one worker process. The bucket never responds: what comes after isn't measured.
 */
export async function measureFirstPut(root: string): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const server = createServer();
  const put = once(server, "request");
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stack.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const ossUrl = `http://127.0.0.1:${port}`;
  const fleet = stack.use(await startFleet({ workers: 1, root, ossUrl }));
  const client = createClient(fleet.apiUrl, fleet.key);
  const began = performance.now();
  await client.post("/v1/imports", {
    entrust_id: "E-1",
    suit_ids: [],
    folders: [directory("kongur", { role: "entrust" }, root)],
  });
  await put;
  return (performance.now() - began) / 1000;
}
