import type pg from "pg";

/** Milliseconds within which a new connection must answer for the first time. */
export const CONNECT_TIMEOUT_MS = 10_000;

/** Milliseconds after which an idle connection is returned to a pooler. */
const IDLE_MS = 2_000;
/**
 * Milliseconds after which a busy connection is returned between two uses, so that whoever waits at
 * the pooler gets it. Much less than CONNECT_TIMEOUT_MS, so that nobody waits in vain behind some others.
 */
const TURN_MS = 3_000;
/** Milliseconds after which one more connection is tried, once one wasn't available. */
const GROWTH_MS = 30_000;

/**
 * How one process keeps to its share when a pooler has fewer connections than all processes may
 * want.
 */
export interface Sharing {
  /** Whether there is a pooler in between; known from the first connection on. */
  readonly isBehindPooler: boolean;
  /** Takes note of a new connection and the id of the server process that it leads to. */
  met(client: pg.ClientBase, serverPid: number): void;
  /** Returns whether a connection has had its turn. */
  isOver(client: pg.ClientBase): boolean;
  /**
   * Returns what a failed connection attempt says about the pooler, as a sentence; undefined for
   * other failures.
   */
  missed(thrown: unknown): string | undefined;
  end(): void;
}

/**
 * A pooler in session mode accepts a client and then silently makes it wait until somebody returns
 * a connection. A process that kept every connection it ever had would block the others. So behind
 * a pooler, connections are returned early, and a process that couldn't get another one continues
 * with those that it has and tries for more one by one.
 */
export function shareWithOthers(pool: pg.Pool, onTrouble: (sentence: string) => void): Sharing {
  const most = pool.options.max;
  const since = new WeakMap<pg.ClientBase, number>();
  let isBehindPooler = false;
  let growth: NodeJS.Timeout | undefined;

  function sentence(): string {
    const who = isBehindPooler
      ? "the pooler in front of it"
      : "a pooler in front of it, if there is one,";
    return `No connection to the ledger within ${CONNECT_TIMEOUT_MS / 1000} s: ${who} has none left. Its pool_size must allow ten for each process`;
  }

  function shrink(): void {
    pool.options.max = Math.max(1, pool.totalCount);
    if (growth !== undefined) return;
    onTrouble(`${sentence()}. This process continues with those that it has.`);
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
      // A server tells a client the id of its own process, for cancelling; a pooler has to make one
      // up.
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

/**
 * The driver's messages for a connection that wasn't made in time, and for one whose first answer
 * didn't come.
 */
const NO_FIRST_ANSWER = /^Query read timeout$|^Connection terminated due to connection timeout$/;
/** The driver's message when nobody in this process returned a connection in time. */
const NONE_FREE = /^timeout exceeded when trying to connect$/;
