import { caseView } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { caseParams, suitParams } from "../../action/case-params.ts";
import { failures } from "../../action/failure-responses.ts";

const description =
  "What is proved, what is missing, and what needs somebody. A folder is the same vendor, folder and source; it is counted once, by its last import that wasn't cancelled, so a file that was imported again isn't counted twice.";

export const getCase = action(
  {
    operationId: "getCase",
    summary: "Is everything of a case in OSS?",
    description,
    tags: ["cases"],
    params: caseParams,
    response: { 200: caseView, ...failures },
  },
  ({ casesOf }) =>
    (request) =>
      casesOf(request).get({ entrust_id: request.params.entrust_id }),
);

export const getSuit = action(
  {
    operationId: "getSuit",
    summary: "Is everything of a suit in OSS?",
    description: `${description} All imports that name the suit are looked at, whatever their case; folders of other suits aren't counted.`,
    tags: ["cases"],
    params: suitParams,
    response: { 200: caseView, ...failures },
  },
  ({ casesOf }) =>
    (request) =>
      casesOf(request).get({ suit_id: request.params.suit_id }),
);
