import { newKey, rotateKeyRequest } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { keyMakerOf, keyParams, unstored } from "../../action/key-maker.ts";

export const rotateKey = action(
  {
    operationId: "rotateKey",
    summary: "Give a key a new secret",
    description:
      "The new key is in this answer and nowhere else. Name, role and scope stay, and the old secret works for `old_valid_hours` more. Sessions that were opened with the key end.",
    tags: ["access"],
    params: keyParams,
    body: rotateKeyRequest.nullish(),
    response: { 200: newKey, ...failures },
  },
  ({ keys, may }) =>
    async (request, reply) => {
      const given = request.body ?? rotateKeyRequest.parse({});
      const rotated = await keys.rotate(request.params.id, given, keyMakerOf(request));
      return unstored(reply).send(may.ofKeys(request)(rotated));
    },
  { isSecret: true, makesKeys: true },
);
