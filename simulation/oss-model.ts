import { type ObjectRequest, type Sender, toStoreError } from "@exhibit/oss/simulation";
import type { Random } from "@exhibit/testkit/random";
import type { VirtualTime } from "./virtual-time.ts";
import type { World } from "./world.ts";

/** The requests of one second to a partition. */
export interface Second {
  asked: number;
  refused: number;
  bytes: number;
}

/** An account of OSS with its limits. */
export interface OssModel {
  /** Returns what one worker process sends through: a line and a core of its own, in front of the account that all share. */
  connect(random: Random): Sender;
  /** By the partition's prefix: one entry for each second. */
  readonly partitions: ReadonlyMap<string, Second[]>;
  /** How often each key was written. */
  readonly written: ReadonlyMap<string, number>;
  /** Requests with an expired lease. */
  readonly expired: number;
}

/** The burst that OSS accepts after a pause, in milliseconds of the rate. It isn't published: this is a strict guess. */
const BURST_MS = 100;

export function createOss(time: VirtualTime, { oss, worker }: World): OssModel {
  const account = createLimit(time, oss.accountPerSecond);
  const traffic = createLimit(time, oss.bandwidth);
  const limits = new Map<string, Limit>();
  const partitions = new Map<string, Second[]>();
  const written = new Map<string, number>();
  let expired = 0;

  function partitionOf(key: string): { limit: Limit; second: Second } {
    const prefix = key.slice(0, key.indexOf("/", key.indexOf("/") + 1) + 1);
    const limit = limits.get(prefix) ?? createLimit(time, oss.partitionPerSecond);
    limits.set(prefix, limit);
    const seconds = partitions.get(prefix) ?? [];
    partitions.set(prefix, seconds);
    const now = Math.floor(time.now() / 1000);
    while (seconds.length <= now) seconds.push({ asked: 0, refused: 0, bytes: 0 });
    return { limit, second: seconds[now] as Second };
  }

  /** Returns OSS's error code for a request that it refuses. */
  function refusalOf({ key, lease, body }: ObjectRequest): string | undefined {
    const { limit, second } = partitionOf(key);
    const bytes = body?.length ?? 0;
    second.asked += 1;
    if (lease.expiresAt.getTime() <= Date.now()) {
      expired += 1;
      return "SecurityTokenExpired";
    }
    const code = !limit.isOpen()
      ? "MetaOperationQpsLimitExceeded"
      : !account.isOpen()
        ? "TotalQpsLimitExceeded"
        : !traffic.isOpen()
          ? "UploadTrafficRateLimitExceeded"
          : undefined;
    if (code !== undefined) {
      second.refused += 1;
      return code;
    }
    limit.take(1);
    account.take(1);
    traffic.take(bytes);
    second.bytes += bytes;
    written.set(key, (written.get(key) ?? 0) + 1);
    return undefined;
  }

  function connect(random: Random): Sender {
    let freeAt = 0;
    async function send(request: ObjectRequest) {
      const bytes = request.body?.length ?? 0;
      freeAt = Math.max(freeAt, time.now()) + worker.perFile + (bytes / worker.bandwidth) * 1000;
      const way = oss.latency * (0.45 + 0.1 * random.number());
      await time.until(freeAt + way);
      const code = refusalOf(request);
      await time.until(time.now() + way);
      if (code !== undefined) throw toStoreError({ response: refused(code) }, request);
      return { status: 200, headers: {}, body: Buffer.alloc(0) };
    }
    return { send, sendSigned: send };
  }

  return {
    connect,
    partitions,
    written,
    get expired() {
      return expired;
    },
  };
}

function refused(code: string) {
  const status = code === "SecurityTokenExpired" ? 403 : 503;
  return { status, headers: {}, body: Buffer.from(`<Error><Code>${code}</Code></Error>`) };
}

interface Limit {
  isOpen(): boolean;
  take(amount: number): void;
}

/** Creates a token bucket. What one request takes too much, the next ones wait for. */
function createLimit(time: VirtualTime, perSecond: number): Limit {
  const most = (perSecond * BURST_MS) / 1000;
  let tokens = most;
  let filledAt = 0;
  return {
    isOpen() {
      tokens = Math.min(most, tokens + ((time.now() - filledAt) * perSecond) / 1000);
      filledAt = time.now();
      return tokens > 0;
    },
    take(amount) {
      tokens -= amount;
    },
  };
}
