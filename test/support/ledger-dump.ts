import pg from "pg";

/** Everything that a ledger in Postgres holds. */
export interface LedgerDump {
  /** How many rows each table has. */
  readonly rows: ReadonlyMap<string, number>;
  /** Every value of every row: bytes in hexadecimal digits, JSON as it is. */
  readonly text: string;
}

/** Reads every column of every table, as whoever has a backup of the ledger could. */
export async function dumpLedger(databaseUrl: string): Promise<LedgerDump> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name
      from information_schema.tables
      where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
    );
    const rows = new Map<string, number>();
    const texts: string[] = [];
    for (const { name } of tables) {
      const found = await client.query<{ row: string }>(
        `select row_to_json(t)::text as row from ${name} t`,
      );
      rows.set(name.replace("public.", ""), found.rows.length);
      texts.push(name, ...found.rows.map(({ row }) => row));
    }
    return { rows, text: texts.join("\n") };
  } finally {
    await client.end();
  }
}

/** Returns the forms in which a secret could be written somewhere. */
export function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    bytes.toString("base64").replace(/=+$/, ""),
    bytes.toString("base64url").replace(/=+$/, ""),
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
  ];
}
