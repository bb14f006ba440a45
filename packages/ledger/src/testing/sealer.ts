import type { Sealer } from "../sealing/register.ts";

/** Seals without a signature. */
export const testSealer: Sealer = { madeBy: "exhibit test" };
