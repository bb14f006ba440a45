import { jain } from "./fairness.ts";
import type { OssModel, Second } from "./oss-model.ts";
import type { Tenant } from "./shard.ts";
import type { VendorModel } from "./vendor-model.ts";
import type { World } from "./world.ts";

export interface Figures {
  /** Virtual seconds. */
  seconds: number;
  tenants: {
    name: string;
    files: number;
    stored: number;
    /** Virtual seconds from its beginning; undefined if it wasn't done by the end. */
    doneAfter: number | undefined;
    /** What it got of its equal share: see `createShares`. */
    share: number | undefined;
  }[];
  /** Jain's index over the tenants' shares. */
  fairness: number;
  stored: number;
  /** In the second half of the time. */
  filesPerSecond: number;
  gigabitsPerSecond: number;
  /** Keys that were written more than once, files that failed, shards that were postponed. */
  writtenTwice: number;
  failed: number;
  postponed: number;
  /** Requests with an expired lease. */
  expired: number;
  partitions: {
    prefix: string;
    /** The part of the requests that OSS refused. */
    refused: number;
    /** The most seconds in a row with more than a tenth above the limit. */
    longestOverload: number;
    /** Requests per second in the second half, refused ones included. */
    asked: number;
  }[];
  /** `counted`: how often the store was asked whether the vendor's rate limit allows a call. */
  vendor: { calls: number; refused: number; mostInASecond: number; counted: number };
  /** The mean size of a worker's window at the end. */
  window: number;
}

/** The progress of one tenant's files. */
export interface Account {
  stored: number;
  /** Virtual milliseconds. */
  doneAt: number | undefined;
  waiting: { count: number };
}

/** What was recorded while the scenario ran. */
export interface Notes {
  accounts: ReadonlyMap<Tenant, Account>;
  shareOf(tenant: string): number | undefined;
  failed: number;
  postponed: number;
  counted: number;
  windows: readonly number[];
}

export function figuresOf(
  seconds: number,
  { accounts, shareOf, failed, postponed, counted, windows }: Notes,
  { oss, vendor, world }: { oss: OssModel; vendor: VendorModel; world: World },
): Figures {
  const half = Math.floor(seconds / 2);
  const history = [...oss.partitions.values()].flatMap((all) =>
    all.slice(half, Math.floor(seconds)),
  );
  const perSecond = (what: (second: Second) => number) =>
    sum(history.map(what)) / Math.max(1, Math.floor(seconds) - half);
  const tenants = [...accounts].map(([{ name, files, beginsAt }, { stored, doneAt }]) => ({
    name,
    files,
    stored,
    doneAfter: doneAt === undefined ? undefined : (doneAt - beginsAt) / 1000,
    share: shareOf(name),
  }));
  return {
    seconds,
    tenants,
    fairness: jain(tenants.flatMap(({ share }) => share ?? [])),
    stored: sum(tenants.map(({ stored }) => stored)),
    filesPerSecond: perSecond(({ asked, refused }) => asked - refused),
    gigabitsPerSecond: (8 * perSecond(({ bytes }) => bytes)) / 1e9,
    writtenTwice: [...oss.written.values()].filter((times) => times > 1).length,
    failed,
    postponed,
    expired: oss.expired,
    partitions: [...oss.partitions].map(([prefix, all]) => partitionOf(prefix, all, world, half)),
    vendor: {
      calls: vendor.calls.length,
      refused: vendor.refused,
      mostInASecond: mostInASecond(vendor.calls),
      counted,
    },
    window: sum(windows) / Math.max(1, windows.length),
  };
}

function partitionOf(
  prefix: string,
  history: readonly Second[],
  { oss }: World,
  half: number,
): Figures["partitions"][number] {
  const asked = sum(history.map((second) => second.asked));
  const refused = sum(history.map((second) => second.refused));
  const late = history.slice(half).map((second) => second.asked);
  let [longest, now] = [0, 0];
  for (const second of history) {
    now = second.asked > 1.1 * oss.partitionPerSecond ? now + 1 : 0;
    longest = Math.max(longest, now);
  }
  return {
    prefix,
    refused: refused / Math.max(1, asked),
    longestOverload: longest,
    asked: sum(late) / Math.max(1, late.length),
  };
}

function mostInASecond(calls: readonly number[]): number {
  const within = (from: number) => calls.filter((at) => at >= from && at < from + 1000).length;
  return Math.max(0, ...calls.map(within));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
