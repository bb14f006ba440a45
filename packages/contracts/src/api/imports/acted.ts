import { z } from "zod";
import { problem } from "../error-views.ts";
import { importView } from "./imports.ts";
import { importStatus } from "./states.ts";

/** What an action on failed files did, counted in the transaction that did it. */
export const act = z
  .object({
    event_id: z.string().describe("Its event in the audit log"),
    files: z.int().nonnegative().describe("How many files it took up again or gave up"),
    folders: z.int().nonnegative().describe("How many folders are walked again"),
  })
  .meta({ id: "Act" });
export type Act = z.output<typeof act>;

/** An import as an action on its failed files left it. */
export const actedImport = importView
  .extend({
    act: act
      .optional()
      .describe(
        "What was done; absent only where a request is repeated under its Idempotency-Key after its answer was lost",
      ),
  })
  .meta({ id: "ActedImport" });
export type ActedImport = z.output<typeof actedImport>;

/** What became of an action on several imports, for each of them. */
export const actedFailures = z
  .object({
    items: z
      .array(
        z.object({
          import_id: z.string(),
          status: importStatus
            .nullable()
            .describe("The import's status now; null if it was refused"),
          act: act.nullable().describe("What was done; null if it was refused"),
          error: problem
            .pick({ code: true, detail: true, remedy: true, details: true })
            .nullable()
            .describe("Why nothing was done to this import"),
        }),
      )
      .describe("In the order of the request"),
    files: z.int().nonnegative().describe("How many files in all"),
    done: z.int().nonnegative().describe("How many of the items were done"),
    refused: z.int().nonnegative(),
  })
  .meta({ id: "ActedFailures" });
export type ActedFailures = z.output<typeof actedFailures>;
