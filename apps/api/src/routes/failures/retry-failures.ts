import { retryFailuresRequest } from "@exhibit/contracts";
import { actOnFailures } from "../../action/act-on-failures.ts";

export const retryFailures = actOnFailures({
  operationId: "retryFailures",
  summary: "Retry what failed in several imports",
  description:
    "For each import, what `POST /v1/imports/{id}/retry` does, one after the other and each in a transaction of its own: the answer says for each what was done, or why nothing was. With `expect_files`, an import in which another number of files has failed by now is left as it is.",
  body: retryFailuresRequest,
  act: (imports, id, request, who) => imports.retry(id, request, who),
});
