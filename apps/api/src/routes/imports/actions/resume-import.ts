import { pauseRequest } from "@exhibit/contracts";
import { actOnImport } from "../../../action/act-on-import.ts";

export const resumeImport = actOnImport({
  operationId: "resumeImport",
  summary: "Resume a paused import",
  description: "Everything that is unfinished in it goes on.",
  body: pauseRequest.nullish(),
  act: (imports) => imports.resume,
});
