import type { Lease } from "@exhibit/credentials";

/** What a request asks of OSS, as its errors tell. */
export interface Operation {
  /** OSS's name of the operation, such as `PutObject`. */
  operation: string;
  key: string;
  lease: Lease;
  /** The root of the XML in a successful response; undefined when there is no XML. */
  root?: string;
}
