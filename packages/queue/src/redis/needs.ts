/** What a Redis has to provide. */
export interface RedisNeeds {
  /** The prefix of the queues' keys. */
  readonly prefix: string;
  readonly queues: readonly string[];
  /** Accepts a server that evicts keys when it runs out of memory. */
  readonly mayEvict?: boolean | undefined;
}
