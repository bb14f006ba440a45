/** Returns Jain's index: 1 if all have the same, 1/n if one has everything. */
export function jain(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return squares === 0 ? 1 : (sum * sum) / (shares.length * squares);
}

/**
 * Counts how much each tenant gets while several wait. A share of 1 is the equal part: of each shard
 * that a worker takes, everyone with a waiting shard at that moment is due the same part of its
 * files. Shards that are taken while nobody else waits don't count.
 */
export function createShares() {
  const waiting = new Map<string, number>();
  const accounts = new Map<string, { due: number; had: number }>();

  function accountOf(name: string) {
    const account = accounts.get(name) ?? { due: 0, had: 0 };
    accounts.set(name, account);
    return account;
  }

  return {
    wait(name: string): void {
      waiting.set(name, (waiting.get(name) ?? 0) + 1);
    },
    take(name: string, files: number): void {
      if (waiting.size > 1) {
        accountOf(name).had += files;
        for (const other of waiting.keys()) accountOf(other).due += files / waiting.size;
      }
      const left = (waiting.get(name) ?? 0) - 1;
      if (left > 0) waiting.set(name, left);
      else waiting.delete(name);
    },
    /** Returns a tenant's share; undefined for one that never had to share. */
    of(name: string): number | undefined {
      const account = accounts.get(name);
      return account && account.due > 0 ? account.had / account.due : undefined;
    },
  };
}
