import type { Migration, MigrationProvider } from "kysely/migration";
import { firstTables } from "./0001-first-tables.ts";
import { acts } from "./0002-acts.ts";
import { uploads } from "./0003-uploads.ts";
import { runs } from "./0004-runs.ts";
import { bandwidth } from "./0005-bandwidth.ts";
import { pauses } from "./0006-pauses.ts";
import { normalPaths } from "./0007-normal-paths.ts";
import { narrowReceipts } from "./0008-narrow-receipts.ts";
import { begunShards } from "./0009-begun-shards.ts";
import { roomForReceipts } from "./0010-room-for-receipts.ts";
import { facts } from "./0011-facts.ts";
import { offeredPlaces } from "./0012-offered-places.ts";
import { whatIsMissing } from "./0013-what-is-missing.ts";
import { foldersThatFailed } from "./0015-folders-that-failed.ts";
import { keys } from "./0016-keys.ts";
import { sourceLimits } from "./0018-source-limits.ts";
import { idempotency } from "./0019-idempotency.ts";
import { namesAndPriorities } from "./0020-names-and-priorities.ts";
import { webhooks } from "./0021-webhooks.ts";
import { people } from "./0023-people.ts";
import { startsAndQuestions } from "./0024-starts-and-questions.ts";
import { record } from "./0025-record.ts";
import { errorParts } from "./0026-error-parts.ts";
import { digests } from "./0027-digests.ts";
import { progress } from "./0028-progress.ts";
import { knownPeople } from "./0031-known-people.ts";
import { register } from "./0032-register.ts";
import { stamps } from "./0033-stamps.ts";
import { verifications } from "./0034-verifications.ts";
import { identicalBy } from "./0036-identical-by.ts";
import { sm3Roots } from "./0037-sm3-roots.ts";
import { amendments } from "./0038-amendments.ts";
import { distrustedKeys } from "./0039-distrusted-keys.ts";
import { retainedUntil } from "./0044-retained-until.ts";
import { schedules } from "./0045-schedules.ts";
import { deposits } from "./0046-deposits.ts";
import { journals } from "./0047-journals.ts";
import { bucketRetention } from "./0048-bucket-retention.ts";

// Migrations are in the order of their names. A released one is never changed, only followed by
// another.

/** The migrations of the first releases, whose programs fail when Kysely's list has one more. */
export const firstMigrations: Record<string, Migration> = {
  "0001-first-tables": firstTables,
  "0002-acts": acts,
  "0003-uploads": uploads,
  "0004-runs": runs,
  "0005-bandwidth": bandwidth,
  "0006-pauses": pauses,
  "0007-normal-paths": normalPaths,
  "0008-narrow-receipts": narrowReceipts,
  "0009-begun-shards": begunShards,
  "0010-room-for-receipts": roomForReceipts,
};

/** The migrations since then, made by `step`, on a list of their own. */
export const steps: Record<string, Migration> = {
  "0011-facts": facts,
  "0012-offered-places": offeredPlaces,
  "0013-what-is-missing": whatIsMissing,
  "0015-folders-that-failed": foldersThatFailed,
  "0016-keys": keys,
  "0018-source-limits": sourceLimits,
  "0019-idempotency": idempotency,
  "0020-names-and-priorities": namesAndPriorities,
  "0021-webhooks": webhooks,
  "0023-people": people,
  "0024-starts-and-questions": startsAndQuestions,
  "0025-record": record,
  "0026-error-parts": errorParts,
  "0027-digests": digests,
  "0028-progress": progress,
  "0031-known-people": knownPeople,
  "0032-register": register,
  "0033-stamps": stamps,
  "0034-verifications": verifications,
  "0036-identical-by": identicalBy,
  "0037-sm3-roots": sm3Roots,
  "0038-amendments": amendments,
  "0039-distrusted-keys": distrustedKeys,
  "0044-retained-until": retainedUntil,
  "0045-schedules": schedules,
  "0046-deposits": deposits,
  "0047-journals": journals,
  "0048-bucket-retention": bucketRetention,
};

/** The schema version that this program creates, and the oldest that it works on. */
export const SCHEMA_VERSION = Math.max(
  ...Object.keys(steps).map((name) => Number(name.slice(0, 4))),
);

export function provide(migrations: Record<string, Migration>): MigrationProvider {
  return { getMigrations: () => Promise.resolve(migrations) };
}
