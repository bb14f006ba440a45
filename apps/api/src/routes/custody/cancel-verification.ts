import { cancelVerificationRequest, verificationView } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { actorOf } from "../../action/actor.ts";
import { failures } from "../../action/failure-responses.ts";
import { verificationParams } from "../../action/verification-params.ts";

export const cancelVerification = action(
  {
    operationId: "cancelVerification",
    summary: "End a verification before its time",
    description: "What it found so far stays; nothing of it is put into the register.",
    tags: ["custody"],
    params: verificationParams,
    body: cancelVerificationRequest.nullish(),
    response: { 202: verificationView, ...failures },
  },
  ({ sealsOf }) =>
    async (request, reply) => {
      const { number } = request.params;
      const seals = sealsOf(request);
      const view = await seals.cancelVerification(number, request.body ?? {}, actorOf(request));
      return reply.code(202).send(view);
    },
  {
    again:
      ({ sealsOf }) =>
      (request) =>
        sealsOf(request).verification(Number((request.params as { number: number }).number)),
  },
);
