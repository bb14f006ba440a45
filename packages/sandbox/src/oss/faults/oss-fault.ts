import { z } from "zod";

/** Which requests are meant: all members that are given must match. */
export const ossMatch = z.strictObject({
  method: z.string().optional(),
  /** OSS's name of an operation, such as `UploadPart`. */
  operation: z.string().optional(),
  bucket: z.string().optional(),
  keyIncludes: z.string().optional(),
  /** A part of the raw query, such as `partNumber=2`. */
  query: z.string().optional(),
});
export type OssMatch = z.output<typeof ossMatch>;

/**
 * A fault of OSS. Its members work together: first the delay, then a reset `before` or `mid-body`,
 * or the error (with `status` or `code`); otherwise the request is carried out, and its response is
 * changed or cut off.
 */
export const ossFault = z.strictObject({
  match: ossMatch.default({}),
  times: z.union([z.int().positive(), z.literal("always")]).default(1),
  /** Matching requests that pass before it applies. */
  skip: z.int().nonnegative().default(0),
  delayMs: z.number().nonnegative().default(0),
  /** `after` cuts the connection once the work is done, so that only the response is lost; `mid-answer` in the middle of it. */
  reset: z.enum(["before", "mid-body", "after", "mid-answer"]).optional(),
  /** 500 if only `code` is given. */
  status: z.int().min(300).max(599).optional(),
  /** `InternalError` if only `status` is given. */
  code: z.string().optional(),
  message: z.string().optional(),
  ec: z.string().optional(),
  /** Further headers of the response, such as `x-oss-qos-delay-time`. */
  headers: z.record(z.string(), z.string()).default({}),
  /** What happens to `x-oss-hash-crc64ecma`. */
  crc64: z.enum(["wrong", "absent"]).optional(),
});
export type OssFault = z.output<typeof ossFault>;
export type OssFaultOrder = z.input<typeof ossFault>;

/** The members of a request that a match looks at. */
export interface Matchable {
  method: string;
  operation: string;
  bucket: string;
  key: string;
  query: string;
}

export function matchesRequest(match: OssMatch, request: Matchable): boolean {
  return (
    (match.method === undefined || match.method === request.method) &&
    (match.operation === undefined || match.operation === request.operation) &&
    (match.bucket === undefined || match.bucket === request.bucket) &&
    (match.keyIncludes === undefined || request.key.includes(match.keyIncludes)) &&
    (match.query === undefined || request.query.includes(match.query))
  );
}
