import { pauseRequest } from "@exhibit/contracts";
import { actOnImport } from "../../../action/act-on-import.ts";

export const pauseImport = actOnImport({
  operationId: "pauseImport",
  summary: "Pause an import",
  description:
    "None of its work is started any more. Workers stop within seconds and hand back the work that they have begun; no file fails because of it. The import's status stays as it is. It can be resumed or cancelled, and its failed files can be waived; what is retried waits, too.",
  body: pauseRequest.nullish(),
  act: (imports) => imports.pause,
});
