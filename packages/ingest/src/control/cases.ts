import type { CaseFolderView, CaseSummary, CaseView } from "@exhibit/contracts";
import {
  type CaseName,
  type CaseQuery,
  type Ledger,
  ledgerWithin,
  listCaseFolders,
  listCases,
  type Page,
  readCase,
} from "@exhibit/ledger";
import type { Scoped } from "./scoped.ts";

/**
 * What can be asked about cases: the imports of a mandate, or of a suit, taken together, as far as
 * they are within a scope.
 */
export interface Cases {
  /** Returns a page of the cases that have an import, in the order of their entrust_ids. */
  list(query: CaseQuery): Promise<Page<CaseSummary>>;
  /** Returns what is proved, missing, and in need of somebody. Throws NOT_FOUND. */
  get(name: CaseName): Promise<CaseView>;
  /** Returns a page of the folders that are counted. Throws NOT_FOUND. */
  folders(name: CaseName, query: CaseQuery): Promise<Page<CaseFolderView>>;
}

export function createCases(whole: Ledger): Scoped<Cases> {
  return {
    within(scope) {
      const ledger = ledgerWithin(whole, scope);
      return {
        list: (query) => listCases(ledger, query),
        get: (name) => readCase(ledger, name),
        folders: (name, query) => listCaseFolders(ledger, name, query),
      };
    },
  };
}
