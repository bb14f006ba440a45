import type { Random } from "@exhibit/testkit";
import type { Deployment } from "./deployment/deployment.ts";
import type { Evidence } from "./evidence.ts";

/** What a fault strikes. One thing has one fault at a time; different things may break together. */
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

/** What is being imported, for faults that strike a file or an import. */
export interface ImportTarget {
  importId: string;
  evidence: Evidence;
}

interface FaultContext {
  deployment: Deployment;
  random: Random;
  /** Imports that are under way. */
  targets: readonly ImportTarget[];
}

/** Something that breaks, and mends again. */
export interface Fault {
  readonly kind: string;
  readonly target: Target;
  /** How long it lasts, in seconds: at least and at most. Both 0: it is a moment. */
  readonly lasts: readonly [number, number];
  /** Begins it; what it gives ends it. */
  begin(context: FaultContext): Promise<() => Promise<void>>;
}

/** For a fault that is a moment. */
export const overAtOnce = async (): Promise<void> => {};
