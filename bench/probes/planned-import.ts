import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createSight, createWaits, planFolder } from "@exhibit/ingest";
import { createImport, openShards } from "@exhibit/ledger";
import { createSources } from "@exhibit/sources";
import { createLogger } from "@exhibit/telemetry";
import type { Base } from "./ledger-work.ts";

const FILES_OF_FOLDER = 1000;
const content = Buffer.alloc(1024, "evidence");

/** The digest that all files of `writeSmallFiles` have. */
export const smallFileSha256 = createHash("sha256").update(content).digest();

/** Writes so many files of 1 KiB, in folders of a thousand. */
export function writeSmallFiles(root: string, count: number): void {
  for (let number = 0; number < count; number += 1) {
    const folder = join(root, String(Math.floor(number / FILES_OF_FOLDER)));
    if (number % FILES_OF_FOLDER === 0) mkdirSync(folder);
    writeFileSync(join(folder, `${number}.bin`), content);
  }
}

/** An import of one folder, which is planned in this process. */
export interface PlannedImport extends AsyncDisposable {
  readonly importId: string;
  readonly folderId: number;
  plan(): Promise<void>;
  /** Returns the ids of its shards, once it is planned. */
  shards(): Promise<number[]>;
}

/** Creates an import of a source. */
export async function createPlannedImport(
  { ledger, engine }: Pick<Base, "ledger" | "engine">,
  root: string,
): Promise<PlannedImport> {
  const { importId, folderIds } = await createImport(ledger, {
    suit_ids: [],
    folders: [{ vendor: "kongur", folder: {}, source: { type: "directory", path: root } }],
  });
  const folderId = folderIds[0] ?? 0;
  const attempt = {
    ...{ starts: 1, last: true, postponed: 0, isHeld: () => true, log: async () => {} },
    signal: new AbortController().signal,
  };
  const sources = createSources({ memoryBytes: 0, roots: [root], dataDir: undefined });
  const dependencies = {
    sources,
    waits: createWaits({ diskSilence: sources.silence }),
    sight: createSight({ ledger, sources, host: "bench", view: "bench" }),
    ...{ ledger, engine, broker: { perFile: () => undefined } },
    logger: createLogger({ service: "bench", secrets: [], level: "silent" }),
  };
  return {
    ...{ importId, folderId },
    plan: () => planFolder(dependencies, folderId, attempt),
    async shards() {
      const shards: number[] = [];
      for await (const some of openShards(ledger, { importId }))
        shards.push(...some.map(({ shardId }) => shardId));
      return shards;
    },
    [Symbol.asyncDispose]: () => sources.close(),
  };
}
