import { actedImport, waiveRequest } from "@exhibit/contracts";
import { actOnImport } from "../../../action/act-on-import.ts";

export const waiveFiles = actOnImport({
  operationId: "waiveFiles",
  summary: "Give up failed files",
  description:
    "Every failed file, or those that match everything the body names, becomes `waived`, with who did it and why. An import in `attention` because of them alone is then sealed. If a file named by `file_ids` hasn't failed, none is given up. A folder whose source couldn't be walked can't be given up.",
  body: waiveRequest,
  answer: actedImport,
  act: (imports) => imports.waive,
});
