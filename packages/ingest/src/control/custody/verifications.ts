import type {
  FindingView,
  RegisterCheck,
  VerificationRequest,
  VerificationView,
} from "@exhibit/contracts";
import {
  cancelVerification,
  checkRegister,
  type Ledger,
  listFindings,
  listVerifications,
  type Page,
  readVerification,
  type StampRoots,
  startVerification,
} from "@exhibit/ledger";
import { type EnqueueDependencies, enqueueSoon, jobsOfVerifications } from "../../jobs/enqueue.ts";

interface PageQuery {
  limit: number;
  after?: string | undefined;
}

/** What can be asked about whether things are still as they were sealed. */
export interface Verifications {
  /**
   * Begins a verification; the workers do it. Throws NOT_FOUND, and STATE_CONFLICT for an import
   * without a seal, or while the same is under way.
   */
  verify(importId: string, request: VerificationRequest, who: string): Promise<VerificationView>;
  /** Returns a page of an import's verifications, the last one first. */
  verifications(importId: string, query: PageQuery): Promise<Page<VerificationView>>;
  verification(number: number): Promise<VerificationView>;
  findings(number: number, query: PageQuery): Promise<Page<FindingView>>;
  /** Ends one before its time. Throws STATE_CONFLICT for one that has ended. */
  cancelVerification(
    number: number,
    request: { why?: string | undefined },
    who: string,
  ): Promise<VerificationView>;
  /** Computes the register anew; `from` is a head that somebody kept. */
  checkRegister(from: string | undefined): Promise<RegisterCheck>;
}

/** How many findings of a register are told. */
const MAX_FINDINGS = 100;

export function createVerifications(
  ledger: Ledger,
  dependencies: EnqueueDependencies & { readonly stampRoots?: StampRoots | undefined },
): Verifications {
  return {
    async verify(importId, request, who) {
      const number = await startVerification(ledger, importId, request, { who, why: request.why });
      await enqueueSoon(dependencies, "verify", jobsOfVerifications([number]));
      return await readVerification(ledger, number);
    },
    verifications: (importId, query) => listVerifications(ledger, importId, query),
    verification: (number) => readVerification(ledger, number),
    findings: (number, query) => listFindings(ledger, number, query),
    async cancelVerification(number, { why }, who) {
      await cancelVerification(ledger, number, { who, why });
      return await readVerification(ledger, number);
    },
    async checkRegister(from) {
      const {
        entries,
        head = null,
        from: after = null,
        findings,
      } = await checkRegister(ledger, { from, roots: dependencies.stampRoots });
      return {
        outcome: findings.length === 0 ? "same" : "differs",
        entries,
        head,
        from: after,
        findings: findings
          .slice(0, MAX_FINDINGS)
          .map(({ number, what, expected = null, found = null }) => ({
            number,
            what,
            expected,
            found,
          })),
      };
    },
  };
}
