import type { Random } from "@exhibit/testkit/random";
import type { Deployment } from "./deployment/deployment.ts";
import type { Evidence } from "./evidence.ts";

/** What a fault affects. One thing has one fault at a time; different things may break together. */
export type Target =
  | "processes"
  | "redis"
  | "postgres"
  | "oss"
  | "clocks"
  | "vendor"
  | "sources"
  | "people"
  | "strangers";

/** An import under way, for faults that affect a file or an import. */
export interface ImportTarget {
  importId: string;
  evidence: Evidence;
}

interface FaultContext {
  deployment: Deployment;
  random: Random;
  /** The imports that are under way. */
  targets: readonly ImportTarget[];
}

/** Something that breaks and works again later. */
export interface Fault {
  readonly kind: string;
  readonly target: Target;
  /** How long it lasts, in seconds: at least and at most. Both are 0 for a momentary fault. */
  readonly lasts: readonly [number, number];
  /** Begins the fault, and returns what ends it. */
  begin(context: FaultContext): Promise<() => Promise<void>>;
}

/** The end of a momentary fault. */
export const overAtOnce = async (): Promise<void> => {};
