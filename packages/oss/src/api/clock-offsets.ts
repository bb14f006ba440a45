/**
 * How far our clock is off from the clock of each OSS endpoint. OSS refuses a signature whose time
 * is more than 15 minutes off.
 */
export interface ClockOffsets {
  /** Returns milliseconds since the epoch by the endpoint's clock, as far as it is known. */
  now(endpoint: string): number;
  /** Learns the offset from a response's Date header. */
  learn(endpoint: string, date: string | undefined): void;
}

export function createClockOffsets(now: () => number): ClockOffsets {
  const offsets = new Map<string, number>();
  return {
    now: (endpoint) => now() + (offsets.get(endpoint) ?? 0),
    learn(endpoint, date) {
      const theirs = Date.parse(date ?? "");
      if (!Number.isNaN(theirs)) offsets.set(endpoint, theirs - now());
    },
  };
}
