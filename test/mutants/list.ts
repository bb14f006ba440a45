/** A fault that is planted in one line, and the test that has to notice it. */
export interface Mutant {
  /** What goes wrong, as a sentence without its full stop. */
  readonly what: string;
  readonly file: string;
  /** The text that is replaced; the file has it once. */
  readonly from: string;
  readonly to: string;
  /** The test by its file and its full name, those of the groups around it included. */
  readonly test: { readonly file: string; readonly name: string };
}

/**
 * A condition dropped, a comparison turned or a lock left out, in each package. `docs/testing.md` has the
 * same list for readers.
 */
export const mutants: readonly Mutant[] = [
  {
    what: "a single PUT is a receipt whatever CRC64 OSS answers",
    file: "packages/oss/src/put/put-single.ts",
    from: "if (stored.crc64 === content.crc64) return",
    to: "if (stored.crc64 !== undefined) return",
    test: {
      file: "packages/oss/test/unit/metadata/content-type.test.ts",
      name: "the first bytes don't decide about a raw photo that is a TIFF inside",
    },
  },
  {
    what: "a PUT that was cut before its last byte counts as perhaps stored",
    file: "packages/oss/src/put/put-single.ts",
    from: "if (isUncertain(error) && sent === content.size)",
    to: "if (isUncertain(error))",
    test: {
      file: "packages/oss/test/unit/metadata/content-type.test.ts",
      name: "the first bytes don't decide about a raw photo that is a TIFF inside",
    },
  },
  {
    what: "a completed upload isn't compared with the file's CRC64",
    file: "packages/oss/src/put/complete-upload.ts",
    from: "if (stored.crc64 !== content.crc64) return",
    to: "if (stored.crc64 === undefined) return",
    test: {
      file: "packages/oss/test/unit/metadata/content-type.test.ts",
      name: "the first bytes don't decide about a raw photo that is a TIFF inside",
    },
  },
  {
    what: "a part that OSS already has is taken without comparing its CRC64",
    file: "packages/oss/src/put/uploaded-parts.ts",
    from: "return theirs === crc64 ? {",
    to: "return part !== undefined ? {",
    test: {
      file: "packages/oss/test/unit/metadata/content-type.test.ts",
      name: "the first bytes don't decide about a raw photo that is a TIFF inside",
    },
  },
  {
    what: "a resumed upload isn't refused when its source has changed",
    file: "packages/oss/src/put/uploaded-parts.ts",
    from: "if (known !== undefined && known.crc64 !== crc64) throw",
    to: "if (known === undefined) throw",
    test: {
      file: "packages/oss/test/unit/metadata/content-type.test.ts",
      name: "the first bytes don't decide about a raw photo that is a TIFF inside",
    },
  },
  {
    what: "an object from before our upload counts as ours",
    file: "packages/oss/src/put/own-object.ts",
    from: "return object.lastModified >= beganAt;",
    to: "return true;",
    test: {
      file: "packages/oss/test/unit/metadata/content-type.test.ts",
      name: "the first bytes don't decide about a raw photo that is a TIFF inside",
    },
  },
  {
    what: "an object counts as ours though our upload is still open",
    file: "packages/oss/src/put/own-object.ts",
    from: " && isSince(found, upload) && (await hasEnded(job, upload))",
    to: " && isSince(found, upload)",
    test: {
      file: "packages/oss/test/unit/metadata/content-type.test.ts",
      name: "the first bytes don't decide about a raw photo that is a TIFF inside",
    },
  },
  {
    what: "what a signed URL stored isn't compared",
    file: "packages/oss/src/put/put-url.ts",
    from: "if (stored.crc64 !== content.crc64)",
    to: "if (stored.crc64 === undefined)",
    test: {
      file: "packages/oss/test/unit/metadata/content-type.test.ts",
      name: "the first bytes don't decide about a raw photo that is a TIFF inside",
    },
  },
  {
    what: "a part isn't compared with what was sent",
    file: "packages/oss/src/put/upload-parts.ts",
    from: "if (stored.crc64 !== crc64)",
    to: "if (stored.crc64 === undefined)",
    test: {
      file: "packages/oss/test/unit/metadata/content-type.test.ts",
      name: "the first bytes don't decide about a raw photo that is a TIFF inside",
    },
  },
  {
    what: "an existing object of the same size counts as identical",
    file: "packages/oss/src/proof/existing-object.ts",
    from: "object.size === content.size && object.crc64 === content.crc64",
    to: "object.size === content.size",
    test: {
      file: "packages/oss/test/unit/metadata/content-type.test.ts",
      name: "the first bytes don't decide about a raw photo that is a TIFF inside",
    },
  },
  {
    what: "a damaged object of somebody else is overwritten",
    file: "packages/oss/src/proof/damaged-object.ts",
    from: "damaged.etag !== undefined && object.etag === damaged.etag && hasSameCrc64",
    to: "damaged.etag !== undefined && hasSameCrc64",
    test: {
      file: "packages/oss/test/unit/metadata/content-type.test.ts",
      name: "the first bytes don't decide about a raw photo that is a TIFF inside",
    },
  },
  {
    what: "any key is inside a lease that has prefixes",
    file: "packages/oss/src/lease/object-key.ts",
    from: "if (lease.prefixes.some((prefix) => key.startsWith(prefix))) return;",
    to: "if (lease.prefixes.length > 0) return;",
    test: {
      file: "packages/oss/test/unit/lease/object-key.test.ts",
      name: "keyOf refuses a key that none of the lease's prefixes opens",
    },
  },
  {
    what: "another bucket at the same endpoint counts as the same",
    file: "packages/oss/src/lease/same-bucket.ts",
    from: "one.name === other.name && isSameEndpoint",
    to: "isSameEndpoint",
    test: {
      file: "packages/oss/test/unit/lease/same-bucket.test.ts",
      name: "https://oss-cn-hangzhou.aliyuncs.com and http://oss-cn-hangzhou.aliyuncs.com are the same endpoint",
    },
  },
  {
    what: "a rejected lease is renewed again and again",
    file: "packages/oss/src/flow/retry.ts",
    from: "if (budget.renewed) return undefined;",
    to: "",
    test: {
      file: "packages/oss/test/unit/metadata/content-type.test.ts",
      name: "the first bytes don't decide about a raw photo that is a TIFF inside",
    },
  },
  {
    what: "a longer pause than may be waited is waited",
    file: "packages/oss/src/flow/retry.ts",
    from: "if (left <= 0 || asked > options.maxDelay) return undefined;",
    to: "if (left <= 0) return undefined;",
    test: {
      file: "packages/oss/test/unit/metadata/content-type.test.ts",
      name: "the first bytes don't decide about a raw photo that is a TIFF inside",
    },
  },
  {
    what: "each response to requests from before a cut cuts the rate again",
    file: "packages/oss/src/flow/prefix-rate.ts",
    from: "if (cut && startedAt <= cut.at) return;",
    to: "",
    test: {
      file: "packages/oss/test/unit/flow/prefix-rate.test.ts",
      name: "a rate drops after a throttle to seven tenths of what OSS accepted, once for all requests in flight",
    },
  },
  {
    what: "each response to requests from before a shrink shrinks the window again",
    file: "packages/oss/src/flow/concurrency-window.ts",
    from: "if (startedAt < shrunkAt) return;",
    to: "",
    test: {
      file: "packages/oss/test/unit/flow/concurrency-window.test.ts",
      name: "a window halves once for all requests that were in flight when OSS throttled",
    },
  },
  {
    what: "a connection is used again though the request isn't fully sent",
    file: "packages/oss/src/http/exchange.ts",
    from: "complete.reusable && isSent",
    to: "complete.reusable",
    test: {
      file: "packages/oss/test/unit/metadata/content-type.test.ts",
      name: "the first bytes don't decide about a raw photo that is a TIFF inside",
    },
  },
  {
    what: "every 404 counts as an absent object, a missing bucket's too",
    file: "packages/oss/src/api/object-calls.ts",
    from: 'return code === undefined || code === "NoSuchKey";',
    to: "return true;",
    test: {
      file: "packages/oss/test/unit/metadata/content-type.test.ts",
      name: "the first bytes don't decide about a raw photo that is a TIFF inside",
    },
  },
  {
    what: "a refused request counts as perhaps carried out",
    file: "packages/oss/src/api/store-error.ts",
    from: 'return error.code === "STORE_UNAVAILABLE" && !isRefused;',
    to: 'return error.code === "STORE_UNAVAILABLE";',
    test: {
      file: "packages/oss/test/unit/metadata/content-type.test.ts",
      name: "the first bytes don't decide about a raw photo that is a TIFF inside",
    },
  },
  {
    what: "an upload that was given up is resumed",
    file: "packages/ledger/src/storing/multipart-uploads.ts",
    from: '.where("uploads.given_up", "=", false)',
    to: "",
    test: {
      file: "packages/ledger/test/integration/multipart-uploads.test.ts",
      name: "Multipart uploads in the ledger on Postgres that were given up aren't resumed, but wait to be aborted, and are then forgotten",
    },
  },
  {
    what: "a lease of the place before the accepted one counts as moved",
    file: "packages/ledger/src/storing/destinations.ts",
    from: "if (isEqual(fixed, offered) || isEqual(before, offered)) return fixed;",
    to: "if (isEqual(fixed, offered)) return fixed;",
    test: {
      file: "packages/ledger/test/integration/destinations.test.ts",
      name: "A folder's destination on Postgres isn't changed by an offered place, which is recorded once, and again after a third one",
    },
  },
  {
    what: "a receipt names a lease that doesn't open its key",
    file: "packages/ledger/src/storing/receipt-leases.ts",
    from: "return isThere && lease.worker === worker && file.key.startsWith(lease.prefix);",
    to: "return isThere && lease.worker === worker;",
    test: {
      file: "packages/ledger/test/integration/receipts.test.ts",
      name: "Receipts in the ledger on Postgres return key, lease and CRC64 as they were recorded, whatever the key is made of",
    },
  },
  {
    what: "an acceptance overtaken by another offer is taken",
    file: "packages/ledger/src/actions/accept-destination.ts",
    from: '.where("offered_prefix", "=", offered.prefix)',
    to: "",
    test: {
      file: "packages/ledger/test/integration/database/worlds.test.ts",
      name: "the losing process waits for the one that is just entering",
    },
  },
  {
    what: "fewer files than were asked for are waived without a word",
    file: "packages/ledger/src/actions/waive.ts",
    from: "asked !== undefined && total.files < asked",
    to: "asked === undefined && total.files < 0",
    test: {
      file: "packages/ledger/test/integration/waive-and-cancel.test.ts",
      name: "Waiving and cancelling on Postgres refuse what doesn't exist or hasn't failed, as retrying does, and say why",
    },
  },
  {
    what: "folders that are walked already are walked again on resume",
    file: "packages/ledger/src/actions/pause-import.ts",
    from: '.where("planned", "=", false)',
    to: "",
    test: {
      file: "packages/ledger/test/integration/pausing.test.ts",
      name: "Pauses in the ledger on Postgres an import keeps its status, isn't worked on, and continues with all that is open once it is resumed",
    },
  },
  {
    what: "a cancelled folder is planned",
    file: "packages/ledger/src/planning/planning-lock.ts",
    from: 'if (folder?.status === "cancelled") {',
    to: 'if (folder?.status === "sealed") {',
    test: {
      file: "packages/ledger/test/integration/waive-and-cancel.test.ts",
      name: "Waiving and cancelling on Postgres end an import whatever it is doing; nothing of it is opened, planned or retried any more",
    },
  },
  {
    what: "a begun shard moves to the end of its import's line",
    file: "packages/ledger/src/work/open-shards.ts",
    from: "if (!begun) positions.set(import_id, before + 1);",
    to: "positions.set(import_id, before + 1);",
    test: {
      file: "packages/ledger/test/integration/planning.test.ts",
      name: "Planning in the ledger on Postgres counts the positions of an import's shards from those that no worker has claimed yet",
    },
  },
  {
    what: "another bucket of a vendor counts as the same deployment",
    file: "packages/ledger/src/deployment/vendor-places.ts",
    from: "if (one.gateway !== other.gateway || one.bucket !== other.bucket) return false;",
    to: "if (one.gateway !== other.gateway) return false;",
    test: {
      file: "packages/ledger/test/integration/database/worlds.test.ts",
      name: "Worlds of a ledger on Postgres another bucket is refused, and a refused process records nothing",
    },
  },
];
