import { me } from "@exhibit/contracts";
import { principalOf } from "../../access/principal.ts";
import { action } from "../../action/action.ts";
import { isBelieved } from "../../action/actor.ts";
import { failures } from "../../action/failure-responses.ts";

export const whoAmI = action(
  {
    operationId: "whoAmI",
    summary: "Tell who sends the request, and what they may do",
    tags: ["access"],
    response: { 200: me, ...failures },
  },
  () => async (request, reply) => {
    const { name, role, scope, mayMakeKeys = true } = principalOf(request);
    reply.header("cache-control", "no-store");
    return {
      name,
      role,
      scope,
      may_name_others: isBelieved(request),
      may_make_keys: mayMakeKeys && role === "admin",
    };
  },
);
