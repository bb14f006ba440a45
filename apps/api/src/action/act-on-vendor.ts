import { pauseRequest, type VendorState, vendorState } from "@exhibit/contracts";
import type { VendorControl } from "@exhibit/ingest";
import type { z } from "zod";
import { type Action, action } from "./action.ts";
import { actorOf } from "./actor.ts";
import { failures } from "./failure-responses.ts";
import { vendorParams } from "./vendor-params.ts";

interface ActOnVendor {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  /** Names the method that does it. */
  readonly act: (
    vendors: VendorControl,
  ) => (
    vendor: string,
    request: z.output<typeof pauseRequest>,
    who: string,
  ) => Promise<VendorState>;
}

/**
 * Makes the action by which a person changes a vendor: it is recorded in the audit log with who did
 * it, and answered with the vendor as it is then.
 */
export function actOnVendor({ operationId, summary, description, act }: ActOnVendor): Action {
  return action(
    {
      operationId,
      summary,
      description,
      tags: ["operations"],
      params: vendorParams,
      body: pauseRequest.nullish(),
      response: { 202: vendorState, ...failures },
    },
    ({ vendorsOf, may }) =>
      async (request, reply) => {
        const { vendor } = request.params;
        const state = await act(vendorsOf(request))(vendor, request.body ?? {}, actorOf(request));
        return reply.code(202).send(may.ofVendors(request)(state));
      },
    {
      again:
        ({ vendorsOf, may }) =>
        async (request) => {
          const { vendor } = request.params as z.output<typeof vendorParams>;
          return may.ofVendors(request)(await vendorsOf(request).get(vendor));
        },
    },
  );
}
