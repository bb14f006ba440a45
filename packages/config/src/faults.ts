import { ExhibitError, issueLine } from "@exhibit/contracts";
import type { z } from "zod";

/** What is wrong at one place of a configuration. Contains no value, which may be a secret. */
export interface Fault {
  /** The keys that lead to the place, such as `["vendors", "kongur", "app_secret"]`. */
  readonly path: readonly PropertyKey[];
  readonly reason: string;
}

/** Returns one CONFIG_INVALID with a line for each fault: `vendors.kongur.app_secret: …`. */
export function faultyConfig(
  origin: string,
  faults: readonly Fault[],
  cause?: unknown,
): ExhibitError {
  const lines = faults.map(({ path, reason: message }) => issueLine({ path: [...path], message }));
  return new ExhibitError("CONFIG_INVALID", [`${origin} can't be used:`, ...lines], {
    details: { origin, faults: lines.length },
    cause,
  });
}

/** Returns the issues of a parse with `plainIssue` as faults below `at`. */
export function faultsOf(error: z.ZodError, at: readonly PropertyKey[] = []): Fault[] {
  return error.issues.flatMap((issue) => {
    const path = [...at, ...issue.path];
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({ path: [...path, key], reason: "there is no such key" }));
    }
    return [{ path, reason: issue.message }];
  });
}
