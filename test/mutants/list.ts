// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are code, and some of it has templates.

/** A fault that is planted in one line, and the test that has to notice it. */
export interface Mutant {
  /** What goes wrong, as a sentence without its full stop. */
  readonly what: string;
  readonly file: string;
  /** The text that is replaced; the file has it once. */
  readonly from: string;
  readonly to: string;
  /** The test by its file and its full name or a part of it. */
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
      file: "packages/oss/test/conformance/put-single.test.ts",
      name: "is overwritten with the good bytes once it is proved to be our own",
    },
  },
  {
    what: "a PUT that was cut before its last byte counts as perhaps stored",
    file: "packages/oss/src/put/put-single.ts",
    from: "if (isUncertain(error) && sent === content.size)",
    to: "if (isUncertain(error))",
    test: {
      file: "packages/oss/test/conformance/put-single.test.ts",
      name: "is identical when the body never went out whole, however young the object is",
    },
  },
  {
    what: "a completed upload isn't compared with the file's CRC64",
    file: "packages/oss/src/put/complete-upload.ts",
    from: "if (stored.crc64 !== content.crc64) return",
    to: "if (stored.crc64 === undefined) return",
    test: {
      file: "packages/oss/test/conformance/put-multipart.test.ts",
      name: "is inspected if its name tells no type, and is still sent from its first byte, also the second time",
    },
  },
  {
    what: "a part that OSS already has is taken without comparing its CRC64",
    file: "packages/oss/src/put/uploaded-parts.ts",
    from: "return theirs === crc64 ? {",
    to: "return part !== undefined ? {",
    test: {
      file: "packages/oss/test/conformance/resume.test.ts",
      name: "sends a part again that only OSS knows and that has other bytes",
    },
  },
  {
    what: "a resumed upload isn't refused when its source has changed",
    file: "packages/oss/src/put/uploaded-parts.ts",
    from: "if (known !== undefined && known.crc64 !== crc64) throw",
    to: "if (known === undefined) throw",
    test: {
      file: "packages/oss/test/conformance/resume.test.ts",
      name: "is left open when there is a record of it, and continues with the parts that OSS lists",
    },
  },
  {
    what: "an object from before our upload counts as ours",
    file: "packages/oss/src/put/own-object.ts",
    from: "return object.lastModified >= beganAt;",
    to: "return true;",
    test: {
      file: "packages/oss/test/conformance/resume.test.ts",
      name: "isn't the origin of an older object: that is identical",
    },
  },
  {
    what: "an object counts as ours though our upload is still open",
    file: "packages/oss/src/put/own-object.ts",
    from: " && isSince(found, upload) && (await hasEnded(job, upload))",
    to: " && isSince(found, upload)",
    test: {
      file: "packages/oss/test/conformance/put-multipart.test.ts",
      name: "isn't retried after a lost response when the object is there and the upload is gone",
    },
  },
  {
    what: "what a signed URL stored isn't compared",
    file: "packages/oss/src/put/put-url.ts",
    from: "if (stored.crc64 !== content.crc64)",
    to: "if (stored.crc64 === undefined)",
    test: {
      file: "packages/oss/test/conformance/put-url.test.ts",
      name: "damaged bytes",
    },
  },
  {
    what: "a part isn't compared with what was sent",
    file: "packages/oss/src/put/upload-parts.ts",
    from: "if (stored.crc64 !== crc64)",
    to: "if (stored.crc64 === undefined)",
    test: {
      file: "packages/oss/test/conformance/put-multipart.test.ts",
      name: "reports each byte once, even if parts were sent twice",
    },
  },
  {
    what: "an existing object of the same size counts as identical",
    file: "packages/oss/src/proof/existing-object.ts",
    from: "object.size === content.size && object.crc64 === content.crc64",
    to: "object.size === content.size",
    test: {
      file: "packages/oss/test/conformance/put-multipart.test.ts",
      name: "is inspected if its name tells no type, and is still sent from its first byte, also the second time",
    },
  },
  {
    what: "a damaged object of somebody else is overwritten",
    file: "packages/oss/src/proof/damaged-object.ts",
    from: "damaged.etag !== undefined && object.etag === damaged.etag && hasSameCrc64",
    to: "damaged.etag !== undefined && hasSameCrc64",
    test: {
      file: "packages/oss/test/conformance/put-single.test.ts",
      name: "isn't taken for our own because of its CRC64 alone",
    },
  },
  {
    what: "any key is inside a lease that has prefixes",
    file: "packages/oss/src/lease/object-key.ts",
    from: "if (lease.prefixes.some((prefix) => key.startsWith(prefix))) return;",
    to: "if (lease.prefixes.length > 0) return;",
    test: {
      file: "packages/oss/test/unit/lease/object-key.test.ts",
      name: "refuses a key that none of the lease's prefixes opens",
    },
  },
  {
    what: "another bucket at the same endpoint counts as the same",
    file: "packages/oss/src/lease/same-bucket.ts",
    from: "one.name === other.name && isSameEndpoint",
    to: "isSameEndpoint",
    test: {
      file: "packages/oss/test/unit/lease/same-bucket.test.ts",
      name: "are the same endpoint",
    },
  },
  {
    what: "a rejected lease is renewed again and again",
    file: "packages/oss/src/flow/retry.ts",
    from: "if (budget.renewed) return undefined;",
    to: "",
    test: {
      file: "packages/oss/test/conformance/put-single.test.ts",
      name: "a second time fails",
    },
  },
  {
    what: "a longer pause than may be waited is waited",
    file: "packages/oss/src/flow/retry.ts",
    from: "if (left <= 0 || asked > options.maxDelay) return undefined;",
    to: "if (left <= 0) return undefined;",
    test: {
      file: "packages/oss/test/conformance/put-single.test.ts",
      name: "leaves a long pause to the caller",
    },
  },
  {
    what: "each response to requests from before a cut cuts the rate again",
    file: "packages/oss/src/flow/prefix-rate.ts",
    from: "if (cut && startedAt <= cut.at) return;",
    to: "",
    test: {
      file: "packages/oss/test/unit/flow/prefix-rate.test.ts",
      name: "drops after a throttle to seven tenths of what OSS accepted, once for all requests in flight",
    },
  },
  {
    what: "each response to requests from before a shrink shrinks the window again",
    file: "packages/oss/src/flow/concurrency-window.ts",
    from: "if (startedAt < shrunkAt) return;",
    to: "",
    test: {
      file: "packages/oss/test/unit/flow/concurrency-window.test.ts",
      name: "halves once for all requests that were in flight when OSS throttled",
    },
  },
  {
    what: "a connection is used again though the request isn't fully sent",
    file: "packages/oss/src/http/exchange.ts",
    from: "isSent && complete?.reusable === true",
    to: "complete?.reusable === true",
    test: {
      file: "packages/oss/test/conformance/connection-pool.test.ts",
      name: "sends nothing else on a connection that still owes the end of a body",
    },
  },
  {
    what: "every 404 counts as an absent object, a missing bucket's too",
    file: "packages/oss/src/api/object-calls.ts",
    from: 'return code === undefined || code === "NoSuchKey" || code === "NoSuchVersion";',
    to: "return true;",
    test: {
      file: "packages/oss/test/conformance/put-single.test.ts",
      name: "doesn't take a 404 of another kind for an object that isn't there",
    },
  },
  {
    what: "a refused request counts as perhaps carried out",
    file: "packages/oss/src/api/store-error.ts",
    from: 'return error.code === "STORE_UNAVAILABLE" && !isRefused;',
    to: 'return error.code === "STORE_UNAVAILABLE";',
    test: {
      file: "packages/oss/test/conformance/put-single.test.ts",
      name: "isn't lost when OSS refuses the write: an object that is there then is somebody else's",
    },
  },
  {
    what: "a shard ended by this very start of the job counts as restarted",
    file: "packages/ledger/src/storing/finish-shard.ts",
    from: '.where("starts_at_end", "<", jobStarts)',
    to: "",
    test: {
      file: "packages/ledger/test/integration/actions/retries.test.ts",
      name: "take up a failed shard for a person, but not when its job was only restarted",
    },
  },
  {
    what: "an upload that was given up is resumed",
    file: "packages/ledger/src/storing/multipart-uploads.ts",
    from: '.where("uploads.given_up", "=", false)',
    to: "",
    test: {
      file: "packages/ledger/test/integration/storing/multipart-uploads.test.ts",
      name: "that were given up aren't resumed, but wait to be aborted, and are then forgotten",
    },
  },
  {
    what: "an upload of a file that isn't planned any more is resumed",
    file: "packages/ledger/src/storing/multipart-uploads.ts",
    from: '.where("files.state", "=", "planned")',
    to: "",
    test: {
      file: "packages/ledger/test/integration/storing/multipart-uploads.test.ts",
      name: "are kept while their file is to be tried again, and orphaned once it failed or the import is cancelled",
    },
  },
  {
    what: "a lease of the place before the accepted one counts as moved",
    file: "packages/ledger/src/storing/destinations.ts",
    from: "if (isEqual(fixed, offered) || isEqual(before, offered)) return fixed;",
    to: "if (isEqual(fixed, offered)) return fixed;",
    test: {
      file: "packages/ledger/test/integration/actions/destinations.test.ts",
      name: "isn't changed by an offered place, which is recorded once, and again after a third one",
    },
  },
  {
    what: "a receipt names a lease that doesn't open its key",
    file: "packages/ledger/src/storing/receipt-leases.ts",
    from: "return isThere && lease.worker === worker && file.key.startsWith(lease.prefix);",
    to: "return isThere && lease.worker === worker;",
    test: {
      file: "packages/ledger/test/integration/storing/receipts.test.ts",
      name: "return key, lease and CRC64 as they were recorded, whatever the key is made of",
    },
  },
  {
    what: "an acceptance overtaken by another offer is taken",
    file: "packages/ledger/src/actions/accept-destination.ts",
    from: '.where("offered_prefix", "=", offered.prefix)',
    to: "",
    test: {
      file: "packages/ledger/test/integration/lock-order.test.ts",
      name: "an acceptance takes nothing if the vendor offers another place while it is on its way",
    },
  },
  {
    what: "what is known of another import's file is told",
    file: "packages/ledger/src/actions/selection.ts",
    from: '.where("folders.import_id", "=", importId)',
    to: "",
    test: {
      file: "packages/ledger/test/integration/actions/waive-and-cancel.test.ts",
      name: "refuse what doesn't exist or hasn't failed, as retrying does, and say why",
    },
  },
  {
    what: "fewer files than were asked for are waived without a word",
    file: "packages/ledger/src/actions/selection.ts",
    from: "file_ids !== undefined && files < new Set(file_ids).size",
    to: "file_ids === undefined && files < 0",
    test: {
      file: "packages/ledger/test/integration/actions/waive-and-cancel.test.ts",
      name: "refuse what doesn't exist or hasn't failed, as retrying does, and say why",
    },
  },
  {
    what: "folders that are walked already are walked again on resume",
    file: "packages/ledger/src/work/folders.ts",
    from: '.where("planned", "=", false)',
    to: "",
    test: {
      file: "packages/ledger/test/integration/actions/pausing.test.ts",
      name: "an import keeps its status, isn't worked on, and continues with all that is open once it is resumed",
    },
  },
  {
    what: "a cancelled folder is planned",
    file: "packages/ledger/src/planning/planning-lock.ts",
    from: 'if (folder?.status === "cancelled") {',
    to: 'if (folder?.status === "sealed") {',
    test: {
      file: "packages/ledger/test/integration/actions/waive-and-cancel.test.ts",
      name: "end an import whatever it is doing; nothing of it is opened, planned or retried any more",
    },
  },
  {
    what: "the folder's own skipped names take keys",
    file: "packages/ledger/src/planning/key-collisions.ts",
    from: "owner.folder_id = ${folderId} and owner.shard_id is not null and",
    to: "owner.folder_id = ${folderId} and",
    test: {
      file: "packages/ledger/test/integration/planning/planning.test.ts",
      name: "gives no key to what isn't sent",
    },
  },
  {
    what: "a paused import is sealed",
    file: "packages/ledger/src/sealing/seal.ts",
    from: "${isComplete} and not ${isPaused} and (${awaitsSeal}",
    to: "${isComplete} and (${awaitsSeal}",
    test: {
      file: "packages/ledger/test/integration/actions/pausing.test.ts",
      name: "a paused import isn't sealed; cancelling ends the pause, and a cancelled import can't be paused",
    },
  },
  {
    what: "a ledger one version too new is opened",
    file: "packages/ledger/src/database/migrate.ts",
    from: "if (oldestProgram > SCHEMA_VERSION) {",
    to: "if (oldestProgram > SCHEMA_VERSION + 1) {",
    test: {
      file: "packages/ledger/test/integration/database/migrate.test.ts",
      name: "is used if its schema is newer but fit for this program, and refused if it isn't",
    },
  },
  {
    what: "a begun shard moves to the end of its import's line",
    file: "packages/ledger/src/work/open-shards.ts",
    from: "if (!begun) positions.set(import_id, before + 1);",
    to: "positions.set(import_id, before + 1);",
    test: {
      file: "packages/ledger/test/integration/planning/planning.test.ts",
      name: "counts the positions of an import's shards from those that no worker has claimed yet",
    },
  },
  {
    what: "another bucket of a vendor counts as the same deployment",
    file: "packages/ledger/src/deployment/vendor-places.ts",
    from: "if (one.gateway !== other.gateway || one.bucket !== other.bucket) return false;",
    to: "if (one.gateway !== other.gateway) return false;",
    test: {
      file: "packages/ledger/test/integration/database/worlds.test.ts",
      name: "another bucket is refused, and a refused process records nothing",
    },
  },
  {
    what: "a byte order mark inside a text is taken for one at its beginning",
    file: "packages/ledger/src/database/byte-order-marks.ts",
    from: "indexOf(MARK) === 0",
    to: "indexOf(MARK) >= 0",
    test: {
      file: "packages/ledger/test/integration/database/byte-order-marks.test.ts",
      name: "returns texts that begin with U+FEFF unchanged, in every view and list",
    },
  },
  {
    what: "a job under an id that isn't its own is worked on",
    file: "packages/queue/src/processor.ts",
    from: 'if (typeof data?.id === "string" && id === jobIdOf(name, data.id)) return;',
    to: 'if (typeof data?.id === "string") return;',
    test: {
      file: "packages/queue/test/integration/engine.test.ts",
      name: "carries another id and has been refused",
    },
  },
  {
    what: "a lasting error is tried again by the queue",
    file: "packages/queue/src/processor.ts",
    from: 'return thrown.action === "never" ? new Unrecoverable(thrown) : thrown;',
    to: "return thrown;",
    test: {
      file: "packages/queue/test/integration/engine.test.ts",
      name: "fails a job for good when only a person can help, with the message for that person",
    },
  },
  {
    what: "a job delayed for years isn't replaced",
    file: "packages/queue/src/enqueue.ts",
    from: "(job.attemptsStarted === 0 || job.delay > MAX_DELAY_MS)",
    to: "job.attemptsStarted === 0",
    test: {
      file: "packages/queue/test/integration/engine.test.ts",
      name: "does the work whose job was delayed for years after it had been started",
    },
  },
  {
    what: "a job with another's data isn't replaced",
    file: "packages/queue/src/enqueue.ts",
    from: "if (job.data?.id !== id) return true;",
    to: "",
    test: {
      file: "packages/queue/test/integration/engine.test.ts",
      name: "carries another id and has been refused",
    },
  },
  {
    what: "two ledgers share one prefix in Redis",
    file: "packages/queue/src/redis/database.ts",
    from: "if (owner === null || owner === ledger) return;",
    to: "if (owner !== undefined) return;",
    test: {
      file: "test/integration/redis-servers.test.ts",
      name: "aren't mixed: the second is refused, unless it has a prefix or a database of its own",
    },
  },
  {
    what: "a lease that ends during the request is used",
    file: "packages/credentials/src/broker/answer-cache.ts",
    from: "id !== wanted.unlike && expiresAt > now && expiresAt - now >= required",
    to: "id !== wanted.unlike && expiresAt > now",
    test: {
      file: "packages/credentials/test/unit/broker/broker.test.ts",
      name: "doesn't mistake a cached lease for a new one after the store was away for a moment",
    },
  },
  {
    what: "two probes at once call a vendor that is down",
    file: "packages/credentials/src/broker/circuit-breaker.ts",
    from: "if (isProbing) return PROBE_PAUSE;",
    to: "",
    test: {
      file: "packages/credentials/test/unit/broker/circuit-breaker.test.ts",
      name: "is probed by one call after the pause, while the others go on waiting",
    },
  },
  {
    what: "a refusal from before a person's retry holds",
    file: "packages/credentials/src/broker/single-flight.ts",
    from: 'return error.action === "never" && until > now() && at >= refusedSince;',
    to: 'return error.action === "never" && until > now();',
    test: {
      file: "packages/credentials/test/unit/broker/broker.test.ts",
      name: "calls again for a retry after a refusal of a whole call",
    },
  },
  {
    what: "an interruption is told to other processes as the vendor's failure",
    file: "packages/credentials/src/broker/single-flight.ts",
    from: "if (isShared(error)) await",
    to: "await",
    test: {
      file: "packages/credentials/test/unit/broker/broker.test.ts",
      name: "leaves the call to others when it is closed in the middle of its own, without telling them of a failure",
    },
  },
  {
    what: "a lease is renewed only once it has ended",
    file: "packages/credentials/src/broker/broker.ts",
    from: "if (now() >= lease.renewAt) flights",
    to: "if (now() > lease.expiresAt) flights",
    test: {
      file: "packages/credentials/test/unit/broker/broker.test.ts",
      name: "renews in the background near the end, and replaces the lease as a whole",
    },
  },
  {
    what: "an answer from a lock that was lost replaces a newer one",
    file: "packages/credentials/src/stores/redis-scripts.ts",
    from: "if latest and latest ~= '' and tonumber(latest) > tonumber(ARGV[1]) then return 0 end",
    to: "",
    test: {
      file: "packages/credentials/test/integration/lease-stores.test.ts",
      name: "doesn't replace under an earlier lock what was put under a later one",
    },
  },
  {
    what: "a shorter ban replaces a longer one",
    file: "packages/credentials/src/stores/redis-scripts.ts",
    from: "if standing and tonumber(standing) > tonumber(ARGV[4]) then return 0 end",
    to: "",
    test: {
      file: "packages/credentials/test/integration/lease-stores.test.ts",
      name: "keeps the failure that holds longer, and deletes only the one that is named",
    },
  },
  {
    what: "an answer in Redis is decrypted by the first key alone",
    file: "packages/credentials/src/stores/lease-key.ts",
    from: "const key = ring.find(({ id }) => id === encrypted.slice(0, at))?.key;",
    to: "const key = ring[0]?.key;",
    test: {
      file: "packages/credentials/test/unit/stores/lease-key.test.ts",
      name: "opens with any of its keys, and with no other, and only as what was encrypted",
    },
  },
  {
    what: "the signature's own headers are signed",
    file: "packages/credentials/src/gateways/iot-sign.ts",
    from: '.filter((name) => name !== "x-ca-signature" && name !== "x-ca-signature-headers")',
    to: "",
    test: {
      file: "packages/credentials/test/unit/gateways/iot-sign.test.ts",
      name: "covers the x-ca- headers but its own, in their order, and no others by name",
    },
  },
  {
    what: "an answer of twice the largest size is read",
    file: "packages/credentials/src/gateways/exchange.ts",
    from: "if (size > MAX_ANSWER_BYTES) {",
    to: "if (size > MAX_ANSWER_BYTES * 2) {",
    test: {
      file: "packages/credentials/test/conformance/top.test.ts",
      name: "reads sixteen megabytes of an answer, and no byte more",
    },
  },
  {
    what: "a file with a newer time counts as unchanged",
    file: "packages/sources/src/file-system/file-stat.ts",
    from: "if (now.modifiedAt !== before.modifiedAt) {",
    to: "if (now.modifiedAt < before.modifiedAt) {",
    test: {
      file: "packages/sources/test/conformance/open-file.test.ts",
      name: "its time",
    },
  },
  {
    what: "a folder that leads out of its roots is walked",
    file: "packages/sources/src/file-system/place.ts",
    from: "if (!isInBounds(place, real)) throw leadsOutside(path);",
    to: "",
    test: {
      file: "packages/sources/test/conformance/symlinks.test.ts",
      name: "never leaves the roots, by whatever way",
    },
  },
  {
    what: "a source whose real path is outside the roots is read",
    file: "packages/sources/src/file-system/roots.ts",
    from: "if (!folders.some((folder) => isWithin(folder, real))) throw outsideRoots(path, readable);",
    to: "",
    test: {
      file: "packages/sources/test/conformance/open-file.test.ts",
      name: "refuses a link that leads out of the roots",
    },
  },
  {
    what: "`..` counts as within",
    file: "packages/sources/src/file-system/within.ts",
    from: 'way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way)',
    to: "!way.startsWith(`..${sep}`) && !isAbsolute(way)",
    test: {
      file: "packages/sources/test/unit/check-source.test.ts",
      name: "which lies outside the roots",
    },
  },
  {
    what: "a file that another run has stored is sent again",
    file: "packages/ingest/src/storing/store-files.ts",
    from: "if (signal.aborted || (isAgain && !(await isPlanned(ledger, file.id)))) return;",
    to: "if (signal.aborted) return;",
    test: {
      file: "packages/ingest/test/integration/store-shard.test.ts",
      name: "doesn't send again what an earlier run has stored meanwhile",
    },
  },
  {
    what: "a shard that crashes its worker is taken up for ever",
    file: "packages/ingest/src/storing/store-files.ts",
    from: "if (shard.consecutiveCrashes >= MAX_CRASHES) throw crashed(shard);",
    to: "",
    test: {
      file: "packages/ingest/test/integration/store-shard.test.ts",
      name: "gives its files up after three crashes in a row, and sends none of them",
    },
  },
  {
    what: "a shard goes on though its job was lost to another worker",
    file: "packages/ingest/src/storing/store-files.ts",
    from: "if (!attempt.isHeld()) stop.abort(lost());",
    to: "",
    test: {
      file: "packages/ingest/test/integration/store-shard.test.ts",
      name: "stops without an outcome when another worker may have the shard",
    },
  },
  {
    what: "an outage in a job's last attempt fails the files",
    file: "packages/ingest/src/storing/shard-result.ts",
    from: "(attempt.last && !isPatient)",
    to: "attempt.last",
    test: {
      file: "packages/ingest/test/integration/store-shard.test.ts",
      name: "because of an outage stays planned however often it was tried, for as long as OSS asks",
    },
  },
  {
    what: "a lease with another prefix reaches the folder",
    file: "packages/ingest/src/leases/destination.ts",
    from: "if (object === undefined && fixed.prefix !== prefix) return false;",
    to: "",
    test: {
      file: "packages/ingest/test/integration/store-shard.test.ts",
      name: "asks the vendor once more when its lease leads elsewhere, and sends nothing there",
    },
  },
  {
    what: "the first lease isn't compared with the folder's destination",
    file: "packages/ingest/src/leases/leases.ts",
    from: "if (!(await destination.isReachedBy(lease))) throw await destination.refuse(lease);",
    to: "",
    test: {
      file: "packages/ingest/test/integration/store-shard.test.ts",
      name: "asks the vendor once more when its lease leads elsewhere, and sends nothing there",
    },
  },
  {
    what: "an upload of a file with another time is resumed",
    file: "packages/ingest/src/storing/upload-record.ts",
    from: "left?.size === file.size && left.modifiedMs === file.modifiedMs",
    to: "left?.size === file.size",
    test: {
      file: "packages/ingest/test/integration/multipart-uploads.test.ts",
      name: "is aborted, not continued",
    },
  },
  {
    what: "a file is given up without asking whether others get through",
    file: "packages/ingest/src/storing/lasting-faults.ts",
    from: "if (suspects.length === 0 || !(await meanwhile.answers(first.file))) return [];",
    to: "if (suspects.length === 0) return [];",
    test: {
      file: "packages/ingest/test/unit/lasting-faults.test.ts",
      name: "others get through",
    },
  },
  {
    what: "a name in another Unicode form is planned without its normal form",
    file: "packages/ingest/src/planning/unsendable.ts",
    from: "const own = keyPath === path ? {} : { normal: keyPath };",
    to: "const own = {};",
    test: {
      file: "packages/ingest/test/integration/plan-folder.test.ts",
      name: "Any tree becomes one row per entry",
    },
  },
  {
    what: "a large file shares its shard with others",
    file: "packages/ingest/src/planning/sharder.ts",
    from: "if (file.size > SHARD_BYTES) return [[file]];",
    to: "",
    test: {
      file: "packages/ingest/test/unit/sharder.test.ts",
      name: "A file that is too large for a shard has one of its own at once",
    },
  },
  {
    what: "an import that isn't ready is reported as sealed",
    file: "packages/ingest/src/sealing/seal.ts",
    from: "if (status === undefined) return;",
    to: "if (status === undefined) {}",
    test: {
      file: "packages/ingest/test/integration/control.test.ts",
      name: "that has ended is left alone by another seal job, which reports no second end",
    },
  },
  {
    what: "a page of another site may act",
    file: "apps/api/src/access/access-guard.ts",
    from: 'if (site !== undefined && site !== "same-origin" && site !== "none") return false;',
    to: "",
    test: {
      file: "apps/api/test/conformance/access-guard.test.ts",
      name: "may change nothing",
    },
  },
  {
    what: "a strange Host is answered",
    file: "apps/api/src/access/access-guard.ts",
    from: "if (stranger !== undefined) return sendError(hostRefused(stranger), request, reply);",
    to: "",
    test: {
      file: "apps/api/test/conformance/access-guard.test.ts",
      name: "nothing is read",
    },
  },
  {
    what: "a body that isn't UTF-8 is parsed",
    file: "apps/api/src/http/json-bodies.ts",
    from: 'if (!isUtf8(body)) return done(new ExhibitError("REQUEST_INVALID", "The body isn\'t UTF-8."));',
    to: "",
    test: {
      file: "apps/api/test/unit/texts.test.ts",
      name: "that isn't UTF-8 isn't, so that no letters become others on the record",
    },
  },
  {
    what: "an import isn't followed any more once one of its watchers leaves",
    file: "apps/api/src/progress/progress-feed.ts",
    from: "if (watch.followers > 0) return;",
    to: "",
    test: {
      file: "apps/api/test/unit/progress-feed.test.ts",
      name: "goes on for the others when one of an import's followers leaves",
    },
  },
  {
    what: "a scope is told of others' imports in the stream of everything",
    file: "apps/api/src/progress/fleet/fleet-feed.ts",
    from: "within.has(audience.importId)",
    to: "true",
    test: {
      file: "apps/api/test/unit/fleet-feed.test.ts",
      name: "A scope is told of its own imports",
    },
  },
  {
    what: "whoever comes back too late isn't told that they missed something",
    file: "apps/api/src/progress/fleet/change-log.ts",
    from: 'if (number < forgotten) return "too much";',
    to: "",
    test: {
      file: "apps/api/test/unit/change-log.test.ts",
      name: "The latest five thousand are kept",
    },
  },
  {
    what: "within a scope, a lease is listed that also opens folders of others",
    file: "packages/ledger/src/workers/list-leases.ts",
    from: "prefixes.every(",
    to: "prefixes.some(",
    test: {
      file: "packages/ledger/test/integration/fleet.test.ts",
      name: "no lease is told that opens anything of others",
    },
  },
  {
    what: "each tick of the reconciler enqueues all open work",
    file: "apps/worker/src/reconcile-loop.ts",
    from: "if (!mayBeLost) return;",
    to: "",
    test: {
      file: "apps/worker/test/integration/reconcile-loop.test.ts",
      name: "enqueues all open work when it starts",
    },
  },
  {
    what: "any Host is ours when all addresses are listened on",
    file: "packages/contracts/src/host-check.ts",
    from: "isLoopback(host) || own.has(host) || (onAll && addressesOfMachine().has(host))",
    to: "isLoopback(host) || own.has(host) || onAll",
    test: {
      file: "apps/api/test/conformance/access-guard.test.ts",
      name: "may be an address of this machine where all of them are listened on",
    },
  },
  {
    what: "127.0.0.1.evil.example is a loopback address",
    file: "packages/contracts/src/hosts.ts",
    from: "/^127(?:\\.\\d+){3}$/",
    to: "/^127(?:\\.\\d+){3}/",
    test: {
      file: "apps/api/test/conformance/access-guard.test.ts",
      name: "nothing is read",
    },
  },
  {
    what: "a configuration of twice the largest size is parsed",
    file: "packages/config/src/yaml-file.ts",
    from: "if (bytes.length > MAX_FILE_BYTES) throw",
    to: "if (bytes.length > MAX_FILE_BYTES * 2) throw",
    test: {
      file: "packages/config/test/conformance/hostile-yaml.test.ts",
      name: "a large file",
    },
  },
  {
    what: "a YAML alias is expanded",
    file: "packages/config/src/yaml-form.ts",
    from: 'if (kind === "alias" || kind === "anchor") {',
    to: 'if (kind === "anchor") {',
    test: {
      file: "packages/config/test/conformance/hostile-yaml.test.ts",
      name: "an alias of nothing",
    },
  },
  {
    what: "an import that isn't there is followed until patience ends",
    file: "packages/client/src/follow-import.ts",
    from: 'if (error.action === "never") throw error;',
    to: "",
    test: {
      file: "packages/client/test/conformance/follow-import.test.ts",
      name: "an import that isn't there is NOT_FOUND at once",
    },
  },
  {
    what: "a process on its own schema logs that it is newer",
    file: "packages/runtime/src/services.ts",
    from: "if (version <= SCHEMA_VERSION) return;",
    to: "",
    test: {
      file: "test/integration/migrate.test.ts",
      name: "of its own release says nothing",
    },
  },
  {
    what: "progress of a finished shard is recorded",
    file: "packages/ledger/src/storing/shard-runs.ts",
    from: '.where("state", "=", "open")',
    to: "",
    test: {
      file: "packages/ledger/test/integration/shard-runs.test.ts",
      name: "show what is being sent until they end, and nothing that is reported later",
    },
  },
  {
    what: "a name is called although one of its addresses is inside",
    file: "packages/safe-fetch/src/http/dial.ts",
    from: "texts.some((address) => isIn(dialler.blocked, address))",
    to: "texts.every((address) => isIn(dialler.blocked, address))",
    test: {
      file: "packages/safe-fetch/test/conformance/safe-fetch.test.ts",
      name: "a name with one address inside among others isn't called at all",
    },
  },
  {
    what: "a service of our own is called in a network that is allowed",
    file: "packages/safe-fetch/src/http/dial.ts",
    from: "if (isBlocked || (await dialler.isOwn(texts, port))) throw",
    to: "if (isBlocked) throw",
    test: {
      file: "packages/safe-fetch/test/conformance/safe-fetch.test.ts",
      name: "our own services aren't called, even in a network that is allowed",
    },
  },
  {
    what: "a name is looked up again when it is connected to",
    file: "packages/safe-fetch/src/http/dial.ts",
    from: "const addresses = await addressesOf(url, dialler.lookup);",
    to: "await addressesOf(url, dialler.lookup); const addresses = await addressesOf(url, dialler.lookup);",
    test: {
      file: "packages/safe-fetch/test/conformance/safe-fetch.test.ts",
      name: "a name is looked up once, and what it says later counts for nothing",
    },
  },
  {
    what: "a redirect leads from TLS to none",
    file: "packages/safe-fetch/src/safe-fetch.ts",
    from: 'url.protocol === "https:" && next.protocol === "http:"',
    to: 'url.protocol === "http:" && next.protocol === "https:"',
    test: {
      file: "packages/safe-fetch/test/conformance/safe-fetch.test.ts",
      name: "a redirect never leads from TLS to none",
    },
  },
  {
    what: "a webhook is told of imports that its owner may not see",
    file: "packages/ledger/src/migrations/0021-webhooks.ts",
    from: "and webhook_sees(webhooks.id, told)",
    to: "and (webhook_sees(webhooks.id, told) or true)",
    test: {
      file: "packages/ledger/test/integration/webhooks.test.ts",
      name: "a webhook is told of its owner's scope, as it is now, and by a valid key alone",
    },
  },
  {
    what: "the creation of an import isn't told",
    file: "packages/ledger/src/actions/create-import.ts",
    from: "await tellOfCreation(tx, importId);",
    to: "void tellOfCreation;",
    test: {
      file: "packages/ledger/test/integration/webhooks.test.ts",
      name: "an import's events are recorded by what changes it, each with how things stand then",
    },
  },
  {
    what: "two processes claim one delivery",
    file: "packages/ledger/src/webhooks/outbox.ts",
    from: "limit 1 for update of deliveries skip locked",
    to: "limit 1",
    test: {
      file: "packages/ledger/test/integration/webhooks.test.ts",
      name: "each due delivery is claimed once, and comes again if nothing more is heard of it",
    },
  },
  {
    what: "a revoked key's webhook is sent what waits",
    file: "packages/ingest/src/webhooks/deliver.ts",
    from: "if (!delivery.isSeen) {",
    to: "if (delivery.isSeen === undefined) {",
    test: {
      file: "packages/ingest/test/integration/webhooks.test.ts",
      name: "a webhook of a revoked key is told nothing more, not even what waits",
    },
  },
  {
    what: "the secret before a rotation signs no more at once",
    file: "packages/ingest/src/webhooks/deliver.ts",
    from: "[delivery.secret, delivery.previousSecret]",
    to: "[delivery.secret]",
    test: {
      file: "packages/ingest/test/integration/webhooks.test.ts",
      name: "both secrets sign after a rotation, and the old one no longer than it was said",
    },
  },
  {
    what: "a try that a stopping worker breaks off counts",
    file: "packages/ingest/src/webhooks/deliver.ts",
    from: "if (signal.aborted) return undefined;",
    to: "if (delivery.id === undefined) return undefined;",
    test: {
      file: "packages/ingest/test/integration/webhooks.test.ts",
      name: "a worker that stops gives back what it has begun, and nothing counts as tried",
    },
  },
  {
    what: "a list of evidence is sent while its reading is still being recorded",
    file: "apps/api/src/action/on-record.ts",
    from: "await record({",
    to: "void record({",
    test: {
      file: "apps/api/test/unit/access/reads.test.ts",
      name: "isn't shown when it can't be recorded",
    },
  },
  {
    what: "the record of everything is shown to administrators of some cases",
    file: "apps/api/src/routes/audit/list-audit.ts",
    from: "{ unscoped: true },",
    to: "{},",
    test: {
      file: "apps/api/test/unit/access/audit.test.ts",
      name: "is for administrators without limits",
    },
  },
  {
    what: "each read is recorded anew",
    file: "packages/ingest/src/control/records/read-record.ts",
    from: "if (known !== undefined) return await known;",
    to: "",
    test: {
      file: "packages/ingest/test/integration/read-record.test.ts",
      name: "once an hour for each principal, list and subject",
    },
  },
  {
    what: "an answer is repeated to whoever has the name by now",
    file: "packages/ledger/src/idempotency/kept-answers.ts",
    from: "row.scope !== null && Buffer.from(row.scope).equals(scope)",
    to: "row.scope !== null",
    test: {
      file: "packages/ledger/test/integration/idempotency.test.ts",
      name: "is told of to a sender with another scope",
    },
  },
  {
    what: 'a key without limits is within a scope that lists the word "all"',
    file: "packages/ledger/src/access/scope-within.ts",
    from: "(jsonb_typeof(${inner}) = 'array' and ${inner} <@",
    to: "(${inner} <@",
    test: {
      file: "packages/ledger/test/integration/access/api-keys.test.ts",
      name: "are listed as far as a scope reaches",
    },
  },
  {
    what: "a page of the record repeats what happened at once",
    file: "packages/ledger/src/views/paging.ts",
    from: 'order === "asc" ? ">" : "<"',
    to: 'order === "asc" ? ">=" : "<="',
    test: {
      file: "packages/ledger/test/integration/audit.test.ts",
      name: "that miss and repeat nothing",
    },
  },
  {
    what: "a folder of sources that was swapped for a link is listed",
    file: "packages/sources/src/directory/list-folders.ts",
    from: "if (opened !== real) throw moved(shown);",
    to: "",
    test: {
      file: "packages/sources/test/conformance/list-folders.test.ts",
      name: "while a folder and a link are swapped again and again",
    },
  },
  {
    what: "a file from outside is taken for one of the same inode inside",
    file: "packages/sources/src/file-system/opened.ts",
    from: "!isInBounds(place, opened)",
    to: "false",
    test: {
      file: "packages/sources/test/unit/opened.test.ts",
      name: "isn't taken when it lies outside",
    },
  },
  {
    what: "an import is planned before its start",
    file: "packages/ledger/src/work/quiet-imports.ts",
    from: " and not ${isScheduled}",
    to: "",
    test: {
      file: "packages/ledger/test/integration/planning/starts.test.ts",
      name: "keeps an import from being planned before its time, and shows when that is",
    },
  },
  {
    what: "a dry run tells what others have stored",
    file: "packages/ledger/src/work/stored-before.ts",
    from: "and ${isWithin(ledger)}",
    to: "",
    test: {
      file: "test/end-to-end/imports/looking-first.test.ts",
      name: "it tells one who may see less only what imports of theirs have stored",
    },
  },
  {
    what: "a question is worked on though nobody waits for its answer",
    file: "packages/ingest/src/questions/answer.ts",
    from: "(still) => still === undefined && stop.abort(),",
    to: "() => {},",
    test: {
      file: "packages/ingest/test/integration/questions.test.ts",
      name: "is worked on no longer than somebody waits for its answer",
    },
  },
  {
    what: "an object whose ETag is the MD5 of other bytes passes as our own",
    file: "packages/oss/src/proof/existing-object.ts",
    from: "if (mayBeOurs && !(await hasOtherMd5(found.object, proving))) {",
    to: "if (mayBeOurs) {",
    test: {
      file: "packages/oss/test/conformance/identical.test.ts",
      name: "isn't taken for it",
    },
  },
  {
    what: "an object that was read and has other bytes is identical",
    file: "packages/oss/src/proof/identical.ts",
    from: "if (!isSame) throw otherBytes(key, content, found);",
    to: "",
    test: {
      file: "packages/oss/test/conformance/identical.test.ts",
      name: "is a conflict if it has other bytes",
    },
  },
  {
    what: "an object that may not be read is identical although its MD5 is another's",
    file: "packages/oss/src/proof/identical.ts",
    from: "if (md5 !== undefined) throw conflict(key, content, found.object);",
    to: "",
    test: {
      file: "packages/oss/test/conformance/identical.test.ts",
      name: "is a conflict if its ETag is the MD5 of other bytes",
    },
  },
  {
    what: "a receipt by CRC64 alone proves the object in later imports",
    file: "packages/ledger/src/storing/on-record.ts",
    from: "or (files.state = 'identical' and files.identical_by <> 'crc64')",
    to: "or files.state = 'identical'",
    test: {
      file: "packages/ledger/test/integration/storing/receipts.test.ts",
      name: "tell whether an object is on record",
    },
  },
  {
    what: "a receipt of another bucket proves an object",
    file: "packages/ledger/src/storing/on-record.ts",
    from: " and lease_uses.bucket = ${bucket}",
    to: "",
    test: {
      file: "packages/ledger/test/integration/storing/receipts.test.ts",
      name: "tell whether an object is on record",
    },
  },
  {
    what: "blocks of a sealed import are written again",
    file: "packages/ledger/src/sealing/pass.ts",
    from: " and sealed_number is null for share",
    to: " for share",
    test: {
      file: "packages/ledger/test/integration/sealing.test.ts",
      name: "are left alone by a pass that another has overtaken",
    },
  },
  {
    what: "a key that isn't trusted any more signs seals",
    file: "packages/ledger/src/sealing/register.ts",
    from: "signer?.id === id && current.distrusted === null",
    to: "signer?.id === id",
    test: {
      file: "packages/ledger/test/integration/sealing.test.ts",
      name: "that isn't trusted any more signs nothing",
    },
  },
  {
    what: "a seal is said to be trusted although its key was stolen before",
    file: "packages/ledger/src/sealing/read-seal.ts",
    from: " and distrust.from_number <= register.number",
    to: " and false",
    test: {
      file: "packages/ledger/test/integration/sealing.test.ts",
      name: "that isn't trusted any more signs nothing",
    },
  },
  {
    what: "an import without a seal is amended",
    file: "packages/ledger/src/actions/create-import.ts",
    from: "if (found.sealed_number !== null) return;",
    to: "return;",
    test: {
      file: "packages/ledger/test/integration/sealing.test.ts",
      name: "name the seal that they add to",
    },
  },
  {
    what: "a path by SM3 isn't compared",
    file: "packages/custody/src/proof/proof-text.ts",
    from: "if (seal.rootSm3 !== undefined && rootSm3 !== seal.rootSm3)",
    to: "if (false)",
    test: {
      file: "packages/custody/test/unit/texts.test.ts",
      name: "has a path by SM3",
    },
  },
];
