import { dryRun, importRequest } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { askerOf } from "../../action/asker.ts";
import { failures } from "../../action/failure-responses.ts";

export const runDry = action(
  {
    operationId: "runDry",
    summary: "Find out what an import would do, and create nothing",
    description:
      "A worker looks at up to 100,000 entries of each source for up to 20 s, and at all of them for up to 45 s, takes a lease for each folder, and says what would go where, what is a problem, and what is there already. `POST /v1/imports?dry_run=true` is the same.",
    tags: ["imports"],
    body: importRequest,
    response: { 200: dryRun, ...failures },
  },
  ({ importsOf }) =>
    async (request, reply) =>
      importsOf(request).dryRun(request.body, askerOf(request, reply)),
  { largeBodies: true, evidence: "dry-runs" },
);
