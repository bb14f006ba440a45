import { sealView } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";

export const getSeal = action(
  {
    operationId: "getSeal",
    summary: "Get an import's seal: what commits to everything in it",
    description:
      "Every import that is sealed has one, and every cancelled one a quarter of an hour after its last change; until then it is STATE_CONFLICT. `parts` can be fetched by name.",
    tags: ["custody"],
    params: importParams,
    response: { 200: sealView, ...failures },
  },
  ({ sealsOf }) =>
    async (request) =>
      sealsOf(request).get(request.params.id),
  { isPolled: true },
);
