import type { AuditEvent, EvidenceRead } from "@exhibit/contracts";
import {
  type Ledger,
  listAllAuditEvents,
  listReads,
  type Page,
  type ReadQuery,
  type WholeAuditQuery,
} from "@exhibit/ledger";

/**
 * What people did to anything, and what they read. It names what all of them work on, so it is for
 * those without limits.
 */
export interface AuditLog {
  /** Returns a page of the events. */
  list(query: WholeAuditQuery): Promise<Page<AuditEvent>>;
  /** Returns a page of who read which lists of evidence. */
  reads(query: ReadQuery): Promise<Page<EvidenceRead>>;
}

export function createAuditLog(ledger: Ledger): AuditLog {
  return {
    list: (query) => listAllAuditEvents(ledger, query),
    reads: (query) => listReads(ledger, query),
  };
}
