import type { AuditEvent } from "@exhibit/contracts";
import { type Ledger, listAllAuditEvents, type Page, type WholeAuditQuery } from "@exhibit/ledger";

/** What people did to anything. It names what all of them work on, so it is for those without limits. */
export interface AuditLog {
  /** Returns a page of the events. */
  list(query: WholeAuditQuery): Promise<Page<AuditEvent>>;
}

export function createAuditLog(ledger: Ledger): AuditLog {
  return { list: (query) => listAllAuditEvents(ledger, query) };
}
