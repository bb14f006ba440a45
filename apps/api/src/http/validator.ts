import { plainIssue } from "@exhibit/contracts";
import type { FastifySchemaCompiler } from "fastify";
import type { z } from "zod";

/** The faults in a part of a request. */
export class RequestFaults extends Error {
  override readonly name = "RequestFaults";
  readonly faults: readonly { field: string; reason: string }[];

  constructor(faults: RequestFaults["faults"]) {
    super("The request is invalid.");
    this.faults = faults;
  }
}

/** Checks each part of a request by its zod schema, and names faults in plain words. */
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
