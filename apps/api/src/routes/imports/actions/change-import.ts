import { changeRequest } from "@exhibit/contracts";
import { actOnImport } from "../../../action/act-on-import.ts";

export const changeImport = actOnImport({
  operationId: "changeImport",
  summary: "Change an import's title, labels, priority or start, or set it aside",
  description:
    "What isn't named stays; null removes a title or a label. An import that is set aside counts for nothing in its case: for one that was cancelled because it doesn't belong there.",
  body: changeRequest,
  act: (imports) => imports.change,
});
