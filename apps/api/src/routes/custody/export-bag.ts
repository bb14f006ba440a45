import { Readable } from "node:stream";
import { type BagRequest, bagRequest } from "@exhibit/contracts";
import type { BagTar, Seals } from "@exhibit/ingest";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { type ActionContext, action } from "../../action/action.ts";
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
    async (request, reply) =>
      sendBag(reply, await bagOf(sealsOf(request), request, actorOf(request))),
  { largeBodies: true, again },
);

/** Makes the bag once more for a request that was carried out before; that is on record already. */
function again({ sealsOf }: ActionContext) {
  return async (request: FastifyRequest, reply: FastifyReply) =>
    sendBag(reply, await bagOf(sealsOf(request), request, undefined));
}

async function bagOf(
  seals: Seals,
  { params, body }: FastifyRequest,
  who: string | undefined,
): Promise<BagTar> {
  return await seals.bag((params as { id: string }).id, body as BagRequest, who);
}

function sendBag(reply: FastifyReply, { name, bytes }: BagTar) {
  reply.type(TAR).header("cache-control", "no-store");
  reply.header("content-disposition", `attachment; filename="${name}.tar"`);
  return reply.send(Readable.from(bytes, { objectMode: false }) as unknown as string);
}
