import type { BoardAct } from "@exhibit/contracts";
import { type Ledger, recordBoardAct } from "@exhibit/ledger";
import { importOfJob } from "../../jobs/work-labels.ts";

/** Records what somebody is about to do in Bull Board, with the import, if it concerns one. */
export type BoardRecord = (act: BoardAct, who: string) => Promise<void>;

export function createBoardRecord(ledger: Ledger): BoardRecord {
  return async (act, who) => {
    const importId = await importOfJob(ledger, act);
    await recordBoardAct(ledger, act, { who, importId });
  };
}
