/** The two servers' clocks, which can be told to be wrong. */
export interface Clocks {
  /** Milliseconds since the epoch, as the gateway sees it. */
  gateway(): number;
  /** Milliseconds since the epoch, as OSS sees it. */
  oss(): number;
  /** Sets how far a server's clock is ahead of the machine's, in milliseconds; negative is behind. */
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

let last = { second: -1, text: "" };

/** The form of the Date header; made once a second. */
export function httpDate(now: number): string {
  const second = Math.floor(now / 1000);
  if (second !== last.second) last = { second, text: new Date(now).toUTCString() };
  return last.text;
}
