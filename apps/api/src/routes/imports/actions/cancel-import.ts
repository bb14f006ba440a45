import { cancelRequest } from "@exhibit/contracts";
import { actOnImport } from "../../../action/act-on-import.ts";

export const cancelImport = actOnImport({
  operationId: "cancelImport",
  summary: "Cancel an import",
  description:
    "Workers stop within seconds and abort the uploads under way; what is stored stays on record. A cancelled import can't go on: import the folders again, and what is stored already is found identical.",
  body: cancelRequest.nullish(),
  act: (imports) => imports.cancel,
});
