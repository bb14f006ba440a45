import { verificationRequest, verificationView } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { actorOf } from "../../action/actor.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";

export const startVerification = action(
  {
    operationId: "startVerification",
    summary: "Verify an import: is everything still what was sealed?",
    description:
      "Begins it and responds at once; the workers do the work. It compares the receipts of the import's seal with the ledger itself, with the objects in OSS, or with the source. Its end is an entry of the register. While the same is under way it is STATE_CONFLICT.",
    tags: ["custody"],
    params: importParams,
    body: verificationRequest.nullish(),
    response: { 202: verificationView, ...failures },
  },
  ({ sealsOf }) =>
    async (request, reply) => {
      const { id } = request.params;
      const wanted = request.body ?? { against: "receipts" as const };
      const view = await sealsOf(request).verify(id, wanted, actorOf(request));
      return reply.code(202).header("location", `/v1/verifications/${view.number}`).send(view);
    },
  {
    again:
      ({ sealsOf }) =>
      async (request, _reply, { importId }) => {
        const { items } = await sealsOf(request).verifications(importId ?? "", { limit: 1 });
        return items[0];
      },
  },
);
