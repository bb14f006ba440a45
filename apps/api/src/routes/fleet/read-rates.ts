import { rateHistory, rateQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";

export const readRates = action(
  {
    operationId: "readRates",
    summary: "Get how fast all imports of your scope moved together, in the last minutes or day",
    tags: ["operations"],
    querystring: rateQuery.strict(),
    response: { 200: rateHistory, ...failures },
  },
  ({ fleetOf }) =>
    (request) =>
      fleetOf(request).rates(request.query),
);

export const readImportRates = action(
  {
    operationId: "readImportRates",
    summary: "Get how fast an import moved, in the last minutes or day",
    tags: ["imports"],
    params: importParams,
    querystring: rateQuery.strict(),
    response: { 200: rateHistory, ...failures },
  },
  ({ importsOf }) =>
    (request) =>
      importsOf(request).rates(request.params.id, request.query),
);
