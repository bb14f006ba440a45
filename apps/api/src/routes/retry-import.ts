import { importView } from "@exhibit/contracts";
import { action } from "../action.ts";
import { failures } from "../failures.ts";
import { importParams } from "../import-params.ts";

export const retryImport = action(
  {
    summary: "Take up what failed",
    description: "Only files that aren't stored are read and sent again.",
    tags: ["imports"],
    params: importParams,
    response: { 202: importView, ...failures },
  },
  ({ imports }) =>
    async (request, reply) =>
      reply.code(202).send(await imports.retry(request.params.id)),
);
