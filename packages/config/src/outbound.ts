import { isRange } from "@exhibit/safe-fetch";
import { z } from "zod";

const host = z.string().regex(/^(?:\*\.)?[^\s/*@:]+$|^\[?[\da-fA-F:.]+\]?$/, {
  error: "it isn't a name such as hooks.example.com, or *.example.com",
});
const range = z.string().refine(isRange, {
  error: "it isn't a network such as 10.1.0.0/16, or an address",
});

/** What may be called of addresses that others name. A request never says any of it. */
export const outbound = z.strictObject({
  allowed_hosts: z.array(host).min(1).optional(),
  allowed_ranges: z.array(range).optional(),
  ports: z.array(z.int().min(1).max(65_535)).optional(),
  plain: z.boolean().optional(),
});
export type OutboundConfig = z.output<typeof outbound>;
