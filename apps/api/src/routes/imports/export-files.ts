import { Readable } from "node:stream";
import { csvExportQuery, fileExportQuery } from "@exhibit/contracts";
import { z } from "zod";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";
import { csvOf } from "../../export/csv.ts";
import { eachFolder, filePages } from "../../export/exported-files.ts";
import { ndjsonOf } from "../../export/ndjson.ts";

const NDJSON = "application/x-ndjson; charset=utf-8";
const CSV = "text/csv; charset=utf-8";

// Fastify sends a stream unchanged; the schemas describe the texts that they carry. HEAD would read
// the whole list.

export const exportNdjson = action(
  {
    operationId: "exportNdjson",
    summary: "Export an import's files as NDJSON",
    description:
      'One file a line, as `/v1/imports/{id}/files` has them, read as fast as the client takes them. The last line is `{"end":true,"files":…,"sha256":…}`, with the number of files and the SHA-256 of all bytes before that line: without it, the list was cut short.',
    tags: ["imports"],
    params: importParams,
    querystring: fileExportQuery.strict(),
    response: {
      200: { content: { [NDJSON]: { schema: z.string() } }, description: "The lines" },
      ...failures,
    },
  },
  ({ importsOf }) =>
    async (request, reply) => {
      const { params, query } = request;
      const pages = await filePages(importsOf(request), params.id, query);
      reply.type(NDJSON).header("cache-control", "no-store");
      reply.header("content-disposition", attachment(params.id, "ndjson"));
      return reply.send(Readable.from(ndjsonOf(pages)) as unknown as string);
    },
  { head: false, evidence: "files.ndjson" },
);

export const exportCsv = action(
  {
    operationId: "exportCsv",
    summary: "Export an import's files as CSV for a spreadsheet",
    description:
      "With all that is on the record of each file. A cell that a spreadsheet would take for a formula, or whose digits it would round, begins with an apostrophe. CSV has no end mark: a list that was cut short is a response that broke off.",
    tags: ["imports"],
    params: importParams,
    querystring: csvExportQuery.strict(),
    response: {
      200: { content: { [CSV]: { schema: z.string() } }, description: "The table" },
      ...failures,
    },
  },
  ({ importsOf }) =>
    async (request, reply) => {
      const imports = importsOf(request);
      const { params, query } = request;
      const { bom, ...filter } = query;
      const view = await imports.get(params.id);
      const pages = await filePages(imports, params.id, filter);
      const folders = eachFolder(imports, params.id);
      reply.type(CSV).header("cache-control", "no-store");
      reply.header("content-disposition", attachment(params.id, "csv"));
      return reply.send(Readable.from(csvOf(view, { pages, folders, bom })) as unknown as string);
    },
  { head: false, evidence: "files.csv" },
);

/** An id that was found is a UUID, so it needs no quoting. */
function attachment(importId: string, form: string): string {
  return `attachment; filename="exhibit-${importId}.${form}"`;
}
