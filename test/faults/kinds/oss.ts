import type { OssFaultOrder } from "@exhibit/sandbox";
import { type Fault, overAtOnce } from "../fault.ts";

const target = "oss";
const inParts = { operation: "UploadPart" };
const body = { method: "PUT" };

/** Returns a fault that lasts for a while and applies to every matching request. */
function lasting(kind: string, order: OssFaultOrder, lasts: Fault["lasts"] = [3, 10]): Fault {
  return {
    kind,
    target,
    lasts,
    async begin({ deployment: { sandbox } }) {
      await sandbox.failOss({ ...order, times: "always" });
      return () => sandbox.heal("oss");
    },
  };
}

/** Returns a fault that applies to so many matching requests. */
function some(kind: string, order: OssFaultOrder, times: number): Fault {
  return {
    kind,
    target,
    lasts: [3, 10],
    async begin({ deployment: { sandbox } }) {
      await sandbox.failOss({ ...order, times });
      return () => sandbox.heal("oss");
    },
  };
}

export const ossFaults: readonly Fault[] = [
  lasting("oss-500", { status: 500 }),
  lasting("oss-slow-down", { status: 503, code: "SlowDown" }),
  some("oss-slow-down-some", { match: body, status: 503, code: "SlowDown" }, 60),
  lasting("oss-reset-before", { reset: "before" }),
  some("oss-reset-mid-body", { match: body, reset: "mid-body" }, 40),
  some("oss-answer-lost", { match: body, reset: "after" }, 40),
  some("oss-answer-cut", { reset: "mid-answer" }, 40),
  some("oss-wrong-crc64", { match: body, crc64: "wrong" }, 20),
  lasting("oss-slow", { delayMs: 1500 }),
  some("oss-complete-lost", { match: { operation: "CompleteMultipartUpload" }, reset: "after" }, 5),
  some(
    "oss-complete-late",
    { match: { operation: "CompleteMultipartUpload" }, delayMs: 3000, reset: "after" },
    3,
  ),
  some("oss-upload-gone", { match: inParts, status: 404, code: "NoSuchUpload" }, 2),
  some("oss-part-wrong-crc64", { match: inParts, crc64: "wrong" }, 5),
  {
    kind: "oss-throttled",
    target,
    lasts: [5, 15],
    async begin({ deployment: { sandbox } }) {
      await sandbox.throttle({ concurrent: 16 });
      return () => sandbox.heal("oss");
    },
  },
  {
    kind: "oss-tokens-expired",
    target,
    lasts: [0, 0],
    async begin({ deployment: { sandbox } }) {
      await sandbox.tokens({ expire: true });
      return overAtOnce;
    },
  },
  {
    kind: "oss-clock-skewed",
    target: "clocks",
    lasts: [5, 15],
    async begin({ deployment: { sandbox }, random }) {
      // OSS accepts requests up to 15 minutes before or after its own time.
      const minutes = random.pick([-20, 20]);
      await sandbox.clocks({ oss: minutes * 60_000 });
      return () => sandbox.clocks({ oss: 0 });
    },
  },
];
