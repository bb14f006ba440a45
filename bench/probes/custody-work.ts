import {
  type Ledger,
  readVerification,
  readVerificationWork,
  sealImport,
  startVerification,
  verifyReceipts,
} from "@exhibit/ledger";

const sealer = { madeBy: "exhibit bench" };

/** What custody does with a whole import. Each throws if it doesn't come to its good end. */
export const custodyWork = {
  async sealing(ledger: Ledger, importId: string): Promise<void> {
    const status = await sealImport(ledger, importId, sealer);
    if (status !== "sealed") throw new Error(`It came to ${status}.`);
  },
  async verifying(ledger: Ledger, importId: string): Promise<void> {
    const by = { who: "bench" };
    const number = await startVerification(ledger, importId, { against: "receipts" }, by);
    const work = await readVerificationWork(ledger, number);
    const of = { sealer, signal: new AbortController().signal };
    if (work === undefined || !(await verifyReceipts(ledger, work, of)))
      throw new Error("not wanted");
    const { outcome } = await readVerification(ledger, number);
    if (outcome !== "same") throw new Error(`It came to ${outcome}.`);
  },
};

export type CustodyWork = keyof typeof custodyWork;
