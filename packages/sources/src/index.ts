export { type Absence, absenceOf, canBeRead } from "./absence.ts";
export { textOf } from "./names.ts";
export { openSource } from "./open-source.ts";
export { whereInPlace } from "./place.ts";
export { showRaw } from "./raw-paths.ts";
export { createFileReaders, type FileReaders } from "./reading/file-readers.ts";
export { absentRoots, checkApart, checkSource } from "./roots.ts";
export type {
  FileFacts,
  Piece,
  SkippedReason,
  SourceEntry,
  SourceFile,
  SourceReader,
} from "./source.ts";
