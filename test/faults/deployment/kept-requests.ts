import type { OssEntry } from "@exhibit/sandbox";
import type { SandboxClient } from "./sandbox-client.ts";

/** A request that carried bytes of a file, or announced them. */
export interface SentRequest {
  operation: string;
  /** `bucket/key` */
  key: string;
  /** The announced length; a request that was cut sent less. */
  bytes: number;
  status: number;
  /** When it reached OSS: milliseconds since the epoch. */
  at: number;
}

/** All requests that OSS received: the sandbox itself keeps only the latest. */
export interface KeptRequests {
  readonly sent: readonly SentRequest[];
  /** Requests that the sandbox forgot before they were read: then nobody knows what was sent twice. */
  readonly missed: number;
  /** Reads the requests up to now. */
  catchUp(): Promise<void>;
  stop(): Promise<void>;
}

/** Well before the 10,000 requests that the sandbox keeps are through. */
const EVERY_MS = 1000;
const sending = new Set(["PutObject", "InitiateMultipartUpload", "UploadPart"]);

export function keepRequests(sandbox: SandboxClient): KeptRequests {
  const sent: SentRequest[] = [];
  let position = 0;
  let missed = 0;
  let reading = Promise.resolve();

  async function read(): Promise<void> {
    const answer = await sandbox.requestsSince(position);
    position = answer.next;
    missed += answer.missed;
    sent.push(...answer.entries.filter(({ operation }) => sending.has(operation)).map(sentOf));
  }
  // One read after the other, or the same requests would be kept twice.
  const catchUp = () => (reading = reading.then(read, read));
  const timer = setInterval(() => void catchUp().catch(() => {}), EVERY_MS);
  return {
    sent,
    get missed() {
      return missed;
    },
    catchUp,
    async stop() {
      clearInterval(timer);
      await reading.catch(() => {});
    },
  };
}

function sentOf({ operation, bucket, key, bytes, status, at }: OssEntry): SentRequest {
  return { operation, key: `${bucket}/${key}`, bytes, status, at };
}
