import { waiveFailuresRequest } from "@exhibit/contracts";
import { actOnFailures } from "../../action/act-on-failures.ts";

export const waiveFailures = actOnFailures({
  operationId: "waiveFailures",
  summary: "Give up failed files of several imports",
  description:
    "For each import, what `POST /v1/imports/{id}/waive` does, one after the other and each in a transaction of its own: the answer says for each what was done, or why nothing was. With `expect_files`, an import in which another number of files has failed by now is left as it is.",
  body: waiveFailuresRequest,
  act: (imports, id, request, who) => imports.waive(id, request, who),
});
