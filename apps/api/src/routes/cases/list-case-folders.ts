import { caseFolderPage, pageQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { caseParams, suitParams } from "../../action/case-params.ts";
import { failures } from "../../action/failure-responses.ts";

export const listCaseFolders = action(
  {
    operationId: "listCaseFolders",
    summary: "List the folders that are counted of a case",
    tags: ["cases"],
    params: caseParams,
    querystring: pageQuery.strict(),
    response: { 200: caseFolderPage, ...failures },
  },
  ({ casesOf }) =>
    (request) =>
      casesOf(request).folders({ entrust_id: request.params.entrust_id }, request.query),
  { evidence: "folders" },
);

export const listSuitFolders = action(
  {
    operationId: "listSuitFolders",
    summary: "List the folders that are counted of a suit",
    tags: ["cases"],
    params: suitParams,
    querystring: pageQuery.strict(),
    response: { 200: caseFolderPage, ...failures },
  },
  ({ casesOf }) =>
    (request) =>
      casesOf(request).folders({ suit_id: request.params.suit_id }, request.query),
  { evidence: "folders" },
);
