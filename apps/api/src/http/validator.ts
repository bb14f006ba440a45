import { plainIssue } from "@exhibit/contracts";
import type { FastifySchemaCompiler } from "fastify";
import type { z } from "zod";

/** What is wrong with a part of a request, one entry for each fault. */
export class RequestFaults extends Error {
  override readonly name = "RequestFaults";
  readonly faults: readonly { field: string; reason: string }[];

  constructor(faults: RequestFaults["faults"]) {
    super("The request can't be used.");
    this.faults = faults;
  }
}

/** Checks each part of a request by its zod schema; what is wrong is said in plain words. */
export const validator: FastifySchemaCompiler<z.ZodType> =
  ({ schema }) =>
  (data) => {
    const { success, data: value, error } = schema.safeParse(data, { error: plainIssue });
    if (success) return { value };
    const faults = error.issues.map(({ path, message }) => ({
      field: path.join("."),
      reason: message,
    }));
    return { error: new RequestFaults(faults) };
  };
