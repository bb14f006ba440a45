import { errorCodeList, errorCodes, errorTable } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";

const items = errorCodes.map((code) => {
  const { meaning: title, remedy, status, action } = errorTable[code];
  return { code, title, remedy, status, action };
});

export const listErrorCodes = action(
  {
    operationId: "listErrorCodes",
    summary: "List the codes of errors",
    description: "Each problem's `type` refers to its code's entry here.",
    tags: ["operations"],
    response: { 200: errorCodeList, ...failures },
  },
  () => async () => ({ items }),
);
