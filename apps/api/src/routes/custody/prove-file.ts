import { z } from "zod";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { fileParams } from "../../action/import-params.ts";

const TEXT = "text/plain; charset=utf-8";

export const proveFile = action(
  {
    operationId: "proveFile",
    summary: "Get the proof that one file belongs to its import's seal, without the others",
    description:
      "A text of some lines: the file's receipt, and the path from it to the seal's root. `prove.sh` of the seal checks it with nothing but openssl.",
    tags: ["custody"],
    params: fileParams,
    response: {
      200: { content: { [TEXT]: { schema: z.string() } }, description: "The proof" },
      ...failures,
    },
  },
  ({ sealsOf }) =>
    async (request, reply) => {
      const { id, file_id } = request.params;
      const proof = await sealsOf(request).proof(id, file_id);
      reply.type(TEXT).header("content-disposition", 'attachment; filename="proof.txt"');
      return reply.send(Buffer.from(proof) as unknown as string);
    },
  { head: false, evidence: "proof" },
);
