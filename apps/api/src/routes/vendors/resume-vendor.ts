import { pauseRequest, vendorState } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { actorHeaders, actorOf } from "../../action/actor.ts";
import { failures } from "../../action/failure-responses.ts";
import { vendorParams } from "../../action/vendor-params.ts";

export const resumeVendor = action(
  {
    summary: "Let a paused vendor go on",
    description: "Its folders are taken up again in every import that isn't paused itself.",
    tags: ["operations"],
    params: vendorParams,
    headers: actorHeaders,
    body: pauseRequest.nullish(),
    response: { 202: vendorState, ...failures },
  },
  ({ vendors }) =>
    async (request, reply) => {
      const who = actorOf(request.headers);
      const state = await vendors.resume(request.params.vendor, request.body ?? {}, who);
      return reply.code(202).send(state);
    },
);
