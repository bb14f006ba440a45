import { Readable } from "node:stream";
import { ExhibitError } from "@exhibit/contracts";
import { type SealPart, sealParts } from "@exhibit/ingest";
import { z } from "zod";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";

const BYTES = "application/octet-stream";
const TEXT = "text/plain; charset=utf-8";

export const getSealPart = action(
  {
    operationId: "getSealPart",
    summary: "Get a part of an import's seal: its text, signature, key, or one of its lists",
    description:
      "The same bytes whenever it is asked for, as they were sealed. A list is made anew from the ledger while it is sent; if the ledger isn't what was sealed, the response breaks off before its end.",
    tags: ["custody"],
    params: importParams.extend({
      part: z.string().describe(`One of ${sealParts.join(", ")}`),
    }),
    response: {
      200: { content: { [TEXT]: { schema: z.string() } }, description: "The part" },
      ...failures,
    },
  },
  ({ sealsOf }) =>
    async (request, reply) => {
      const { id, part } = request.params;
      const found = await sealsOf(request).part(id, partOf(part));
      reply.type(part === "seal.sig" ? BYTES : TEXT).header("cache-control", "no-store");
      reply.header("content-disposition", `attachment; filename="${part}"`);
      const isWhole = typeof found === "string" || found instanceof Uint8Array;
      // Fastify sends bytes and streams unchanged; the schema describes the text that they are.
      return reply.send((isWhole ? Buffer.from(found) : Readable.from(found)) as unknown as string);
    },
  { head: false, evidence: "seal" },
);

function partOf(name: string): SealPart {
  const part = sealParts.find((known) => known === name);
  if (part !== undefined) return part;
  throw new ExhibitError("NOT_FOUND", `A seal has no part ${JSON.stringify(name)}.`);
}
