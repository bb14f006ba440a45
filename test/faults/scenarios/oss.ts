import { faultOf } from "../kinds/index.ts";
import { inTheMiddle, type Scenario } from "../scenario.ts";

const manyLarge = { folders: 12, files: 300, large: 12 };

/** Strikes while large files are sent in parts: they begin first. */
function amidParts(kind: string, about: string): Scenario {
  return {
    name: kind,
    about,
    shape: manyLarge,
    async play(stage) {
      await stage.inject(faultOf(kind), 8);
    },
  };
}

export const oss: readonly Scenario[] = [
  inTheMiddle(faultOf("oss-500"), "OSS answers 500 for 5 s.", { seconds: 5 }),
  inTheMiddle(faultOf("oss-slow-down"), "OSS answers 503 SlowDown for 10 s.", { seconds: 10 }),
  inTheMiddle(faultOf("oss-slow-down-some"), "OSS answers 60 requests with 503 SlowDown."),
  inTheMiddle(faultOf("oss-throttled"), "OSS takes 16 requests at once and no more, for 10 s.", {
    seconds: 10,
  }),
  inTheMiddle(faultOf("oss-reset-before"), "OSS cuts every connection for 5 s.", { seconds: 5 }),
  inTheMiddle(faultOf("oss-reset-mid-body"), "OSS cuts 40 connections in the middle of a body.", {
    isShort: true,
  }),
  inTheMiddle(faultOf("oss-answer-lost"), "The answers of 40 writes get lost."),
  inTheMiddle(faultOf("oss-answer-cut"), "40 answers end in the middle."),
  inTheMiddle(faultOf("oss-wrong-crc64"), "OSS gives a wrong CRC64 for 20 writes."),
  inTheMiddle(faultOf("oss-slow"), "OSS takes 1.5 s longer for everything, for 10 s.", {
    seconds: 10,
  }),
  amidParts("oss-complete-lost", "The answers of 5 CompleteMultipartUpload get lost."),
  amidParts("oss-complete-late", "3 CompleteMultipartUpload time out, but work."),
  amidParts("oss-upload-gone", "OSS no longer knows a multipart upload (NoSuchUpload)."),
  amidParts("oss-part-wrong-crc64", "OSS gives a wrong CRC64 for 5 parts."),
  inTheMiddle(faultOf("oss-clock-skewed"), "OSS's clock is 20 minutes off for 10 s.", {
    seconds: 10,
  }),
  inTheMiddle(faultOf("oss-tokens-expired"), "All tokens end before their time."),
  {
    name: "tokens-between-parts",
    about: "The token of a large file ends between two of its parts.",
    shape: manyLarge,
    async play({ deployment: { sandbox } }) {
      const held = await sandbox.hold({ operation: "UploadPart", query: "partNumber=2" });
      await held.reached(4);
      await sandbox.tokens({ expire: true });
      await sandbox.heal();
    },
  },
];
