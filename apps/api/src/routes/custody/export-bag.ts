import { Readable } from "node:stream";
import { bagRequest } from "@exhibit/contracts";
import { z } from "zod";
import { action } from "../../action/action.ts";
import { actorOf } from "../../action/actor.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";

const TAR = "application/x-tar";

export const exportBag = action(
  {
    operationId: "exportBag",
    summary: "Get an import's bag: its seal with everything that a stranger needs to check it",
    description:
      "A tar of a BagIt bag without its payload: `fetch.txt` says where each file is, and `exhibit export` adds them. It is made before it is sent: an import that isn't sealed, or a ledger that isn't what was sealed, is an error. Who asked for it, and for what, goes into the audit log.",
    tags: ["custody"],
    params: importParams,
    body: bagRequest,
    response: {
      200: { content: { [TAR]: { schema: z.string() } }, description: "The bag" },
      ...failures,
    },
  },
  ({ sealsOf }) =>
    async (request, reply) => {
      const { params, body } = request;
      const { name, bytes } = await sealsOf(request).bag(params.id, body, actorOf(request));
      reply.type(TAR).header("cache-control", "no-store");
      reply.header("content-disposition", `attachment; filename="${name}.tar"`);
      return reply.send(Readable.from(bytes, { objectMode: false }) as unknown as string);
    },
  // It holds evidence, which is kept for no repetition: each request is put on record.
  { largeBodies: true, isSecret: true },
);
