// What simulation/ and bench/ share with the real worker, so that their models of a shard can't
// drift from it.

export { createSharder } from "./planning/sharder.ts";
export { createSlots } from "./planning/slots.ts";
export { createByteBudget } from "./storing/byte-budget.ts";
export { FLUSH_AT } from "./storing/outcome-recorder.ts";
export { type NotStoredFile, outcomeOf, unfinished } from "./storing/shard-result.ts";
export { FILES_AT_ONCE } from "./storing/store-files.ts";
