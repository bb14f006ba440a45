import { ExhibitError } from "@exhibit/contracts";
import type { z } from "zod";

/** What is wrong at one place of a configuration. Never holds a value: it may be a secret. */
export interface Fault {
  /** Key by key, such as `["vendors", "kongur", "app_secret"]`. */
  readonly path: readonly PropertyKey[];
  readonly reason: string;
}

/** One CONFIG_INVALID for all faults, one line each: `vendors.kongur.app_secret: …`. */
export function faultyConfig(
  origin: string,
  faults: readonly Fault[],
  cause?: unknown,
): ExhibitError {
  const lines = faults.map(({ path, reason }) =>
    path.length === 0 ? reason : `${path.map(String).join(".")}: ${reason}`,
  );
  return new ExhibitError("CONFIG_INVALID", [`${origin} can't be used:`, ...lines], {
    details: { origin, faults: lines.length },
    cause,
  });
}

/** zod's issues as faults below `at`, of what was parsed with `plainIssue`; its sentences hold no values. */
export function faultsOf(error: z.ZodError, at: readonly PropertyKey[] = []): Fault[] {
  return error.issues.flatMap((issue) => {
    const path = [...at, ...issue.path];
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({ path: [...path, key], reason: "there is no such key" }));
    }
    return [{ path, reason: issue.message }];
  });
}
