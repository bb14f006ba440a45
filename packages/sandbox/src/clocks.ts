/** The clocks of the two servers, which can be set wrong. */
export interface Clocks {
  /** Returns the gateway's time in milliseconds since the epoch. */
  gateway(): number;
  /** Returns OSS's time in milliseconds since the epoch. */
  oss(): number;
  /** Sets by how many milliseconds a server's clock is ahead of the machine's; a negative number puts it behind. */
  skew(ahead: { gateway?: number; oss?: number }): void;
}

export function createClocks(): Clocks {
  const ahead = { gateway: 0, oss: 0 };
  return {
    gateway: () => Date.now() + ahead.gateway,
    oss: () => Date.now() + ahead.oss,
    skew(change) {
      ahead.gateway = change.gateway ?? ahead.gateway;
      ahead.oss = change.oss ?? ahead.oss;
    },
  };
}
