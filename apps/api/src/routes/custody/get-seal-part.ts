import { Readable } from "node:stream";
import { ExhibitError } from "@exhibit/contracts";
import { isReportName, reportNames, type SealPart, type Seals, sealParts } from "@exhibit/ingest";
import type { FastifyReply } from "fastify";
import { z } from "zod";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";

const BYTES = "application/octet-stream";
const TEXT = "text/plain; charset=utf-8";

export const getSealPart = action(
  {
    operationId: "getSealPart",
    summary:
      "Get a part of an import's seal: its text, signature, key, one of its lists, or a report",
    description:
      "The same bytes whenever it is asked for, as they were sealed. A list is made anew from the ledger while it is sent; if the ledger isn't what was sealed, the response breaks off before its end. A report is for people to read, in English (`en`) or Chinese (`zh`): it is made of the lists when it is asked for.",
    tags: ["custody"],
    params: importParams.extend({
      part: z.string().describe(`One of ${[...sealParts, ...reportNames].join(", ")}`),
    }),
    response: {
      200: { content: { [TEXT]: { schema: z.string() } }, description: "The part" },
      ...failures,
    },
  },
  ({ sealsOf }) =>
    async (request, reply) => {
      const { id, part } = request.params;
      return sendPart(reply, part, await partOf(sealsOf(request), id, part));
    },
  { head: false, evidence: "seal" },
);

export const getSealStamp = stampAction("stamps", {
  operationId: "getSealStamp",
  summary: "Get a time stamp of an import's seal, or the certificates that it was checked against",
  description:
    "`NAME.tsr` is the authority's answer as it came, which `openssl ts -verify` reads; `NAME-ca.pem` what was configured for it. Whoever checks takes that certificate from the authority, not from here.",
});

export const getSealJournal = action(
  {
    operationId: "getSealJournal",
    summary: "Get a part of the journal that says more of when an import's seal was there",
    description:
      "A journal is an entry of the register that commits to all before it, and to the time stamps that were given since the last one. `journal.txt` is its text, `journal.sig` its signature, `key.pem` the key, `stamps.txt` the SHA-256 of those time stamps. `parts` of the seal says whether there is one.",
    tags: ["custody"],
    params: importParams.extend({
      file: z.string().describe("`journal.txt`, `journal.sig`, `key.pem` or `stamps.txt`"),
    }),
    response: {
      200: { content: { [BYTES]: { schema: z.string() } }, description: "The part" },
      ...failures,
    },
  },
  ({ sealsOf }) =>
    async (request, reply) => {
      const { id, file } = request.params;
      return sendPart(reply, file, await sealsOf(request).part(id, `journal/${file}`));
    },
  { head: false, evidence: "seal" },
);

export const getSealJournalStamp = stampAction("journal/stamps", {
  operationId: "getSealJournalStamp",
  summary: "Get a time stamp of that journal, or the certificates that it was checked against",
  description: "As of a seal's own time stamps.",
});

/** Returns the action that gives the stamps of a seal, which are below this name among its parts. */
function stampAction(
  below: "stamps" | "journal/stamps",
  described: { operationId: string; summary: string; description: string },
) {
  return action(
    {
      ...described,
      tags: ["custody"],
      params: importParams.extend({
        stamp: z.string().describe("`NAME.tsr` or `NAME-ca.pem`, with the name of an authority"),
      }),
      response: {
        200: { content: { [BYTES]: { schema: z.string() } }, description: "The part" },
        ...failures,
      },
    },
    ({ sealsOf }) =>
      async (request, reply) => {
        const { id, stamp } = request.params;
        return sendPart(reply, stamp, await sealsOf(request).part(id, `${below}/${stamp}`));
      },
    { head: false, evidence: "seal" },
  );
}

/** Sends a part under its own name. */
function sendPart(
  reply: FastifyReply,
  name: string,
  part: string | Uint8Array | AsyncIterable<string>,
) {
  reply.type(typeOf(name)).header("cache-control", "no-store");
  reply.header("content-disposition", `attachment; filename="${name}"`);
  const isWhole = typeof part === "string" || part instanceof Uint8Array;
  // Fastify sends bytes and streams unchanged; the schema describes the text that they are.
  return reply.send((isWhole ? Buffer.from(part) : Readable.from(part)) as unknown as string);
}

async function partOf(seals: Seals, importId: string, name: string) {
  if (isReportName(name)) return await seals.report(importId, name);
  return await seals.part(importId, partNamed(name));
}

function partNamed(name: string): SealPart {
  const part = sealParts.find((known) => known === name);
  if (part !== undefined) return part;
  throw new ExhibitError("NOT_FOUND", `A seal has no part ${JSON.stringify(name)}.`);
}

function typeOf(name: string): string {
  if (name.endsWith(".pdf")) return "application/pdf";
  if (name.endsWith(".html")) return "text/html; charset=utf-8";
  return /\.(?:sig|tsr)$/.test(name) ? BYTES : TEXT;
}
