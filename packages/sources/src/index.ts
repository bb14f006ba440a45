export { openSource } from "./directory/directory-source.ts";
export { type Absence, absenceOf, canBeRead } from "./file-system/missing-path.ts";
export { textOf } from "./file-system/names.ts";
export { whereInPlace } from "./file-system/place.ts";
export { showRaw } from "./file-system/raw-paths.ts";
export { absentRoots, checkApart, checkSource } from "./file-system/roots.ts";
export type {
  FileFacts,
  Piece,
  SkippedReason,
  SourceEntry,
  SourceFile,
  SourceReader,
} from "./source.ts";
export { createFileReaders, type FileReaders } from "./threads/reader-pool.ts";
