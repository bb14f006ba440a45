import { z } from "zod";
import { shownErrorCode as code } from "../errors/error-code.ts";
import { failureActions } from "../errors/failure-actions.ts";
import { examples } from "./examples.ts";

/** What went wrong with a file, a folder or an import, as the API shows it. */
export const errorView = z
  .object({
    code,
    message: z.string(),
    remedy: z.string(),
    at: z.iso
      .datetime()
      .optional()
      .describe("When it was recorded; absent for groups, and where an earlier release did it"),
    details: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .optional()
      .describe(
        "The parts of the message, so that it can be said in another language: docs/errors.md lists them. Absent where there are none, and for groups",
      ),
  })
  .meta({ id: "Failure" });
export type ErrorView = z.output<typeof errorView>;

/** What a person can do about what failed with a code. */
export const failureAction = z
  .enum(failureActions)
  .describe(
    "What a person can do. `wait`: nothing, it is tried again by itself; `retry`: retry it, the cause may be gone; `mend`: mend what the remedy names, then retry; `decide`: find out what is right, then retry, accept or waive; `change_file`: rename, convert or split the file, then retry, which finds it under its new name, and waive the old one; `report`: report it",
  );

/** Whether a retry can store what failed as it is. */
export const retryHelps = z
  .boolean()
  .describe(
    "Whether a retry can store the files as they are. If not, it finds only what was put in their place",
  );

/** The media type of `problem`. */
export const PROBLEM_TYPE = "application/problem+json";

/** The body of every response that isn't a success: problem details (RFC 9457). */
export const problem = z
  .object({
    type: z.string().describe("The code's entry in the table of codes: `/v1/errors#CODE`"),
    title: z.string().describe("What the code means, the same for each problem of this code"),
    status: z.int().describe("The response's HTTP status"),
    detail: z.string().describe("What happened in this case; it names what is concerned"),
    instance: z.string().describe("The request: `urn:uuid:` and its `x-request-id`"),
    code: code.describe("For programs: what happened, as one of the codes of GET /v1/errors"),
    remedy: z.string().describe("What a person can do about it"),
    details: z.record(z.string(), z.unknown()).describe("Facts of this case, for programs"),
    trace_id: z.string().optional().describe("The request's trace; absent without telemetry"),
  })
  .meta({ id: "Problem", examples: [examples.problem] });
export type Problem = z.output<typeof problem>;

/** The table of codes. */
export const errorCodeList = z
  .object({
    items: z.array(
      z.object({
        code,
        title: z.string().describe("What happened"),
        remedy: z.string().describe("What a person can do about it"),
        status: z.int().describe("The HTTP status of a response with this code"),
        action: z
          .enum(["never", "backoff", "renew-lease", "throttle", "clock"])
          .describe(
            "What a program does: `never` repeats nothing until a person has acted; `backoff` repeats it later; `throttle` repeats it after Retry-After; `renew-lease` and `clock` are dealt with by Exhibit itself",
          ),
      }),
    ),
  })
  .meta({ id: "ErrorCodeList" });
