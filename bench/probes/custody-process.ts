import { openPostgresLedger } from "@exhibit/ledger";
import { type CustodyWork, custodyWork } from "./custody-work.ts";

// Seals or verifies one import in a process of its own, so that its memory can be measured:
// node bench/probes/custody-process.ts sealing|verifying DATABASE IMPORT
const [what = "", databaseUrl = "", importId = ""] = process.argv.slice(2);
const ledger = await openPostgresLedger(databaseUrl);
await custodyWork[what as CustodyWork](ledger, importId);
await ledger.close();
