import { z } from "zod";
import { pageOf } from "../pages.ts";
import { workerView } from "./files.ts";

/** An event that concerns a file's integrity, even if the file was stored in the end. */
export const incidentView = z
  .object({
    incident_id: z.string(),
    at: z.iso.datetime(),
    code: z
      .string()
      .describe(
        "DIGEST_MISMATCH, SOURCE_CHANGED, EVIDENCE_CONFLICT, DESTINATION_CHANGED or RETENTION_REFUSED",
      ),
    message: z.string(),
    folder_id: z.string(),
    file_id: z.string().nullable().describe("Null if it concerns the whole folder"),
    path: z.string().nullable().describe("The file's path"),
    worker: workerView.nullable().describe("The worker that noticed it"),
  })
  .meta({ id: "Incident" });
export type IncidentView = z.output<typeof incidentView>;
export const incidentPage = pageOf(incidentView).meta({ id: "IncidentPage" });
