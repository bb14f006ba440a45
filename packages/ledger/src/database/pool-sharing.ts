import type pg from "pg";

/** Milliseconds that a new connection has for its first answer. */
export const PATIENCE_MS = 10_000;

/** Milliseconds after which a connection that nobody uses is given back to a pooler. */
const IDLE_MS = 2_000;
/**
 * Milliseconds after which one that is used is given back between two uses: whoever waits for one at the pooler comes first
 * then. Much less than the patience, so that nobody waits in vain behind some others.
 */
const TURN_MS = 3_000;
/** Milliseconds without a connection that wasn't to be had, after which one more is tried. */
const GROWTH_MS = 30_000;

/** How one process keeps to its part where a pooler has fewer connections than all processes may want. */
export interface Sharing {
  /** Whether a pooler is between; known from the first connection on. */
  readonly isBehindPooler: boolean;
  /** A connection was made, and says which process of the server it leads to. */
  met(client: pg.ClientBase, serverPid: number): void;
  /** Whether a connection has had its turn. */
  isOver(client: pg.ClientBase): boolean;
  /** What a connection that couldn't be had says of the pooler, as a sentence; undefined where it says something else. */
  missed(thrown: unknown): string | undefined;
  end(): void;
}

/**
 * A pooler in session mode lets a client in and has it wait, without a word, until somebody gives a connection back: a process
 * that keeps all it has once had would have the others stand still. So behind a pooler they are given back early, and a
 * process that couldn't have one more goes on with those that it has, and tries for more one by one.
 */
export function shareWithOthers(pool: pg.Pool, onTrouble: (sentence: string) => void): Sharing {
  const most = pool.options.max;
  const since = new WeakMap<pg.ClientBase, number>();
  let isBehindPooler = false;
  let growth: NodeJS.Timeout | undefined;

  function sentence(): string {
    const who = isBehindPooler ? "the pooler before it" : "a pooler before it, if there is one,";
    return `No connection to the ledger within ${PATIENCE_MS / 1000} s: ${who} has none left. It needs room for ten of each process (its pool_size)`;
  }

  function shrink(): void {
    pool.options.max = Math.max(1, pool.totalCount);
    if (growth !== undefined) return;
    onTrouble(`${sentence()}. This process goes on with what it has.`);
    growth = setInterval(() => {
      pool.options.max += 1;
      if (pool.options.max < most) return;
      clearInterval(growth);
      growth = undefined;
    }, GROWTH_MS);
    growth.unref();
  }

  return {
    get isBehindPooler() {
      return isBehindPooler;
    },
    met(client, serverPid) {
      // A server gives a client the number of its own process, for cancelling; a pooler has to make one up.
      isBehindPooler = (client as pg.ClientBase & { processID: number }).processID !== serverPid;
      if (!isBehindPooler) return;
      since.set(client, performance.now());
      pool.options.idleTimeoutMillis = IDLE_MS;
    },
    isOver: (client) => {
      const begun = since.get(client);
      return begun !== undefined && performance.now() - begun > TURN_MS;
    },
    missed(thrown) {
      if (!(thrown instanceof Error)) return undefined;
      if (NO_FIRST_ANSWER.test(thrown.message)) shrink();
      else if (!(isBehindPooler && NONE_FREE.test(thrown.message))) return undefined;
      return sentence();
    },
    end: () => clearInterval(growth),
  };
}

/** What the driver says of a connection that wasn't made in time, and of one whose first answer didn't come. */
const NO_FIRST_ANSWER = /^Query read timeout$|^Connection terminated due to connection timeout$/;
/** And of one that nobody of this process gave back in time. */
const NONE_FREE = /^timeout exceeded when trying to connect$/;
