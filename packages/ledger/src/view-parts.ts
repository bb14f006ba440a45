import { type Counts, type ErrorCode, type ErrorView, errorTable } from "@exhibit/contracts";
import type { Selectable } from "kysely";
import type { CounterColumns } from "./schema.ts";

export function countsOf(row: Selectable<CounterColumns>): Counts {
  const {
    files,
    bytes,
    stored,
    stored_bytes,
    identical,
    identical_bytes,
    failed,
    waived,
    skipped,
  } = row;
  const planned = files - stored - identical - failed - waived;
  return {
    files,
    bytes,
    planned,
    stored,
    stored_bytes,
    identical,
    identical_bytes,
    failed,
    waived,
    skipped,
  };
}

export function errorView(code: ErrorCode, message: string): ErrorView {
  return { code, message, remedy: errorTable[code].remedy };
}
