import { isListed, type Scope, type SourceFolders } from "@exhibit/contracts";
import type { Broker } from "@exhibit/credentials";
import { type Ledger, ledgerWithin, readLastImports } from "@exhibit/ledger";
import { checkSource } from "@exhibit/sources";
import type { Ask } from "../questions/ask.ts";
import type { Asker } from "../questions/question.ts";
import type { Scoped } from "./scoped.ts";

/** The folders that imports within a scope may name as their sources. */
export interface Folders {
  /**
   * Returns a page of the folders right below `path`, or of those that every source must lie below.
   * Throws SOURCE_OUTSIDE_ROOTS, which names no folder of others, and the errors of `Ask`.
   */
  list(
    query: { path?: string | undefined; limit: number; after?: string | undefined },
    asker: Omit<Asker, "scope">,
  ): Promise<SourceFolders>;
}

export interface FoldersDependencies {
  ledger: Ledger;
  broker: Pick<Broker, "folderSchemas">;
  ask: Ask;
  /** The folders that every source must lie below. */
  roots: readonly string[];
}

export function createFolders(dependencies: FoldersDependencies): Scoped<Folders> {
  return { within: (scope) => foldersWithin(scope, dependencies) };
}

function foldersWithin(scope: Scope, { ledger, broker, ask, roots }: FoldersDependencies): Folders {
  return {
    async list({ path, limit, after }, asker) {
      const limits = scope.roots === "all" ? undefined : scope.roots;
      // What could never be read isn't worth a worker's time.
      if (path !== undefined)
        checkSource({ type: "directory", path }, { roots, limits, dataDir: undefined });
      const question = { kind: "source_folders" as const, path, limit, after };
      const seen = await ask<"source_folders">({ ...asker, scope }, question);
      const vendors = [...broker.folderSchemas().keys()];
      const imports = await readLastImports(
        ledgerWithin(ledger, scope),
        seen.items.map((item) => item.path),
        vendors.filter((vendor) => isListed(scope.vendors, vendor)),
      );
      const lastOf = new Map(imports.map((last) => [last.path, last]));
      return {
        ...seen,
        items: seen.items.map((item) => {
          const last = lastOf.get(item.path);
          return {
            ...item,
            last_import: last
              ? {
                  import_id: last.import_id,
                  status: last.status,
                  created_at: last.created_at.toISOString(),
                }
              : null,
          };
        }),
      };
    },
  };
}
