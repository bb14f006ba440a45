export {
  checkSource,
  createSources,
  type MissedEntry,
  type Sources,
  type SourcesOptions,
  sourceName,
} from "./create-sources.ts";
export { createByteDigester } from "./digests/byte-digester.ts";
export { createDigester } from "./digests/digester.ts";
export { type FoldersQuery, listFolders } from "./directory/list-folders.ts";
export { absentRoots, boundlessRoots, unreadableRoots } from "./file-system/roots.ts";
export type {
  FileStat,
  PlannedEntry,
  SourceEntry,
  SourceFile,
  SourceReader,
} from "./source.ts";
export type { Absence, SourcePolicy } from "./source-kind.ts";
