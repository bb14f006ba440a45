import { fileDetails } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { fileParams } from "../../action/import-params.ts";

export const getFile = action(
  {
    operationId: "getFile",
    summary: "Get everything that is known of one file",
    description:
      "Its receipt or its error, where it came from, the shard that it is stored with, its incidents, and what people did to it alone.",
    tags: ["imports"],
    params: fileParams,
    response: { 200: fileDetails, ...failures },
  },
  ({ importsOf }) =>
    (request) =>
      importsOf(request).file(request.params.id, request.params.file_id),
  { isPolled: true, evidence: "files" },
);
