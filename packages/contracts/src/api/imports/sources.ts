import { z } from "zod";
import { type NameEncoding, nameEncodings } from "../../text/name-encodings.ts";
import { anyPath } from "../../text/plain-text.ts";

export const directorySource = z
  .strictObject({
    type: z.literal("directory"),
    path: anyPath(4096).describe(
      "Absolute path of a folder below one of the configured `sources.roots`, and of your scope's roots",
    ),
    follow_symlinks: z
      .boolean()
      .optional()
      .describe(
        "Follow symbolic links whose targets are below the configured `sources.roots`, and your scope's roots; otherwise all links are skipped",
      ),
    allow_empty: z
      .boolean()
      .optional()
      .describe(
        "Accept a source without files; otherwise it fails with SOURCE_EMPTY, as its share may not be mounted",
      ),
    names: z
      .enum(Object.keys(nameEncodings) as [NameEncoding, ...NameEncoding[]])
      .optional()
      .describe(
        "The encoding of names that aren't UTF-8, such as `gb18030` for GBK; otherwise they fail with NAME_INVALID",
      ),
  })
  .meta({ id: "DirectorySource" });

/** Where a folder's files come from. Each kind of source is a member of this union. */
export const source = z.discriminatedUnion("type", [directorySource]);
export type Source = z.output<typeof source>;
