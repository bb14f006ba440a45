import { isSameEndpoint } from "@exhibit/contracts";
import type { Bucket } from "@exhibit/credentials";

type Named = Pick<Bucket, "endpoint" | "name">;

/** Whether two are one bucket: at endpoints with other buckets there may be another one of that name. */
export function isSameBucket(one: Named, other: Named): boolean {
  return one.name === other.name && isSameEndpoint(one.endpoint, other.endpoint);
}
