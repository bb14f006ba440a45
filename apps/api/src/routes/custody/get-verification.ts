import { verificationView } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { verificationParams } from "../../action/verification-params.ts";

export const getVerification = action(
  {
    operationId: "getVerification",
    summary: "Tell how far a verification is, and what it found",
    tags: ["custody"],
    params: verificationParams,
    response: { 200: verificationView, ...failures },
  },
  ({ sealsOf }) =>
    async (request) =>
      sealsOf(request).verification(request.params.number),
  { isPolled: true },
);
