import { EventEmitter } from "node:events";
import type { PGlite } from "@electric-sql/pglite";

interface QueryResult {
  // biome-ignore lint/suspicious/noExplicitAny: BullMQ's port of a database client has no type for rows
  rows: any[];
  rowCount: number | null;
}

/** BullMQ's LISTEN statements begin with a comment. */
const LISTEN = /^(?:\s*--.*\n)*\s*LISTEN\s+(\w+)/i;

/**
 * Makes a PGlite instance look like the `pg.Pool` that BullMQ's Postgres backend takes. PGlite is
 * one connection: all clients share it, `end` does nothing, and the instance's owner closes it.
 */
export function createPglitePool(pglite: PGlite) {
  async function query(text: string, params?: readonly unknown[]): Promise<QueryResult> {
    if (params === undefined) {
      // A text without parameters may hold several statements (migrations do).
      const results = await pglite.exec(text);
      const last = results.at(-1);
      return { rows: last?.rows ?? [], rowCount: last?.affectedRows ?? null };
    }
    const { rows, affectedRows } = await pglite.query(text, [...params]);
    return { rows, rowCount: affectedRows ?? null };
  }

  function createClient() {
    const subscriptions = new Map<string, () => Promise<void>>();
    const client = Object.assign(new EventEmitter(), {
      async query(text: string, params?: readonly unknown[]) {
        const channel = LISTEN.exec(text)?.[1];
        if (channel === undefined) return await query(text, params);
        if (!subscriptions.has(channel)) {
          const unlisten = await pglite.listen(channel, (payload) => {
            client.emit("notification", { channel, payload });
          });
          subscriptions.set(channel, unlisten);
        }
        return { rows: [], rowCount: null };
      },
      release() {
        for (const unlisten of subscriptions.values()) unlisten().catch(() => {});
        subscriptions.clear();
      },
      // BullMQ sets keep-alive on a client's socket; a connection in the process has none.
      connection: { stream: { setKeepAlive() {} } },
    });
    client.setMaxListeners(0);
    return client;
  }

  return Object.assign(new EventEmitter().setMaxListeners(0), {
    query,
    connect: () => Promise.resolve(createClient()),
    end: () => Promise.resolve(),
  });
}
