import { z } from "zod";

/** A lease as a worker holds it: where it leads and until when. Its credentials are told to nobody. */
export const heldLease = z.object({
  lease_id: z.string().describe("As receipts name it"),
  vendor: z.string(),
  endpoint: z.string(),
  bucket: z.string(),
  prefixes: z.array(z.string()).describe("What it opens: keys begin with one of these"),
  issued_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
});
export type HeldLease = z.output<typeof heldLease>;

export const vendorLease = z
  .object({
    ...heldLease.shape,
    workers: z.int().positive().describe("How many workers hold it"),
    held_by: z
      .array(z.object({ worker_id: z.string(), host: z.string().nullable(), pid: z.int() }))
      .optional()
      .describe("These workers. Told to those alone whose scope has no limits, as workers are"),
  })
  .meta({ id: "VendorLease" });
export type VendorLease = z.output<typeof vendorLease>;

export const leaseList = z.object({ items: z.array(vendorLease) }).meta({ id: "LeaseList" });
export type LeaseList = z.output<typeof leaseList>;
