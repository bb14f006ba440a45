/** Milliseconds for which a row is remembered: after them, a revoked key is refused everywhere. */
const REMEMBERED = 5_000;
/** The most rows that are remembered. */
const MAX_REMEMBERED = 10_000;

/** Rows that were read a moment ago, so that a busy client costs the ledger one read every 5 s. */
export interface Remembered<Row> {
  /** Returns the row if it was read within the last 5 s. */
  recall(id: string): Row | undefined;
  /** Reads the row and remembers it. Whoever asks while it is being read gets the same. */
  read(id: string): Promise<Row | undefined>;
  /** Forgets all rows. */
  forget(): void;
}

/** Remembers what `read` finds. Rows that don't exist aren't remembered: anybody can make up their names. */
export function createRemembered<Row>(
  read: (id: string) => Promise<Row | undefined>,
  now: () => number,
): Remembered<Row> {
  const rows = new Map<string, { readonly row: Row; readonly until: number }>();
  let underWay = new Map<string, Promise<Row | undefined>>();

  async function readAnew(id: string, here: typeof underWay): Promise<Row | undefined> {
    try {
      const row = await read(id);
      // What was read before `forget` was called may be what is to be forgotten.
      if (row !== undefined && here === underWay) remember(id, row);
      return row;
    } finally {
      here.delete(id);
    }
  }

  function remember(id: string, row: Row): void {
    rows.delete(id);
    rows.set(id, { row, until: now() + REMEMBERED });
    const [oldest] = rows.keys();
    if (rows.size > MAX_REMEMBERED && oldest !== undefined) rows.delete(oldest);
  }

  return {
    recall(id) {
      const known = rows.get(id);
      return known !== undefined && now() < known.until ? known.row : undefined;
    },
    read(id) {
      const reading = underWay.get(id) ?? readAnew(id, underWay);
      underWay.set(id, reading);
      return reading;
    },
    forget() {
      rows.clear();
      underWay = new Map();
    },
  };
}
