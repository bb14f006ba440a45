import { type Ledger, sealImport } from "@exhibit/ledger";
import { withSpan } from "@exhibit/telemetry";

/** Ends an import in which nothing is open any more; harmless for any other. */
export async function seal({ ledger }: { ledger: Ledger }, importId: string): Promise<void> {
  await withSpan("exhibit.seal", { "exhibit.import_id": importId }, async (span) => {
    const status = await sealImport(ledger, importId);
    span.set({ "exhibit.status": status });
  });
}
