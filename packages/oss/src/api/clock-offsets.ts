/** Our clock as each OSS endpoint wants it: a signature is refused when it is 15 minutes off. */
export interface Clock {
  /** Milliseconds since the epoch by the endpoint's clock, as far as we know it. */
  now(endpoint: string): number;
  /** Takes over the time of an answer's Date header. */
  learn(endpoint: string, date: string | undefined): void;
}

export function createClock(now: () => number): Clock {
  const offsets = new Map<string, number>();
  return {
    now: (endpoint) => now() + (offsets.get(endpoint) ?? 0),
    learn(endpoint, date) {
      const theirs = Date.parse(date ?? "");
      if (!Number.isNaN(theirs)) offsets.set(endpoint, theirs - now());
    },
  };
}
