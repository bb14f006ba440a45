import { pauseRequest, vendorState } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { actorHeaders, actorOf } from "../../action/actor.ts";
import { failures } from "../../action/failure-responses.ts";
import { vendorParams } from "../../action/vendor-params.ts";

export const pauseVendor = action(
  {
    summary: "Pause a vendor",
    description:
      "Its folders wait in all imports, also in new ones: their sources are walked, but nothing is sent and its gateway isn't called. Workers stop within seconds, and no file fails by it. An import whose other folders are done stays `storing`.",
    tags: ["operations"],
    params: vendorParams,
    headers: actorHeaders,
    body: pauseRequest.nullish(),
    response: { 202: vendorState, ...failures },
  },
  ({ vendors }) =>
    async (request, reply) => {
      const who = actorOf(request.headers);
      const state = await vendors.pause(request.params.vendor, request.body ?? {}, who);
      return reply.code(202).send(state);
    },
);
