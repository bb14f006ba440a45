import { type Me, me } from "@exhibit/contracts";
import { refusalOf } from "../../access/door.ts";
import { boardNeeds, type Needs } from "../../access/needs.ts";
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
  ({ may }) =>
    async (request, reply) => {
      const principal = principalOf(request);
      const { name, role, scope, mayMakeKeys = true } = principal;
      const isFree = (needs: Needs) => refusalOf(principal, needs) === undefined;
      const board: Me["board"] = isFree(boardNeeds.act)
        ? "act"
        : isFree(boardNeeds.look)
          ? "look"
          : "nothing";
      reply.header("cache-control", "no-store");
      return {
        name,
        role,
        scope,
        may_name_others: isBelieved(request),
        may_make_keys: mayMakeKeys && role === "admin",
        may: may.anywhere(principal),
        board,
      };
    },
);
