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

/** In order of their names; one that has been released is never changed, only followed by another. */
const migrations: Record<string, Migration> = {
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

export const migrationProvider: MigrationProvider = {
  getMigrations: () => Promise.resolve(migrations),
};
