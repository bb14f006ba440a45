import { z } from "zod";
import { atMost } from "../at-most.ts";
import { anyPath, plainText } from "../text/plain-text.ts";
import { examples } from "./examples.ts";

/** Files that a bag of some can show: each of them has a proof, and their names are in one request. */
export const MAX_SHOWN_FILES = 10_000;

/** Characters of a file's name in a bag: the number of its folder, and its path. */
const MAX_FILE_NAME = 5_000;

/** What a bag is asked for with. */
export const bagRequest = z
  .strictObject({
    names: z
      .enum(["portable", "original"])
      .default("portable")
      .describe(
        "`portable` changes the names of files that some system or tool doesn't take; `names.txt` in the bag says how they were",
      ),
    files: atMost(MAX_SHOWN_FILES, z.array(anyPath(MAX_FILE_NAME)).min(1).max(MAX_SHOWN_FILES))
      .optional()
      .describe(
        "Only these files are shown, each as `<number of its folder>/<path>`, with its proof; of the others there are hashes. All by default",
      ),
    why: plainText(2_000)
      .optional()
      .describe("Who is given it, and what for: it goes into the audit log"),
  })
  .meta({ id: "BagRequest", examples: [examples.bagRequest] });
export type BagRequest = z.output<typeof bagRequest>;
