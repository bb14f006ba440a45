import { usedSince } from "@exhibit/access";
import type { AccessView } from "@exhibit/contracts";
import { type Ledger, listAccess, type Page } from "@exhibit/ledger";
import type { KeyMaker } from "./keys.ts";

/** Who has access: everybody who has come in or can come in. */
export interface AccessList {
  /** Returns a page of them; none whose scope goes beyond that of whoever asks. */
  list(
    query: { limit: number; after?: string | undefined },
    by: KeyMaker,
  ): Promise<Page<AccessView>>;
}

export function createAccessList(
  ledger: Ledger,
  { now = Date.now }: { readonly now?: () => number } = {},
): AccessList {
  return {
    list: (query, { principal: { scope } }) =>
      listAccess(ledger, query, { scope, now: new Date(now()), usedSince: usedSince(now()) }),
  };
}
