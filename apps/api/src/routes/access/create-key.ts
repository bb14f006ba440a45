import { keyRequest, newKey } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { keyMakerOf, unstored } from "../../action/key-maker.ts";

export const createKey = action(
  {
    operationId: "createKey",
    summary: "Make a key",
    description:
      "The key itself is in this answer and nowhere else: only its digest is kept. Nobody can make a key that may more than they may themselves.",
    tags: ["access"],
    body: keyRequest,
    response: { 201: newKey, ...failures },
  },
  ({ keys, may }) =>
    async (request, reply) => {
      const made = await keys.create(request.body, keyMakerOf(request));
      return unstored(reply).code(201).send(may.ofKeys(request)(made));
    },
  { isSecret: true, makesKeys: true },
);
