export { openSource } from "./open-source.ts";
export { checkSource } from "./roots.ts";
export type { FileFacts, OpenFile, SkippedReason, SourceEntry, SourceReader } from "./source.ts";
