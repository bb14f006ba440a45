import type { TopVendor } from "../vendor.ts";
import { deepvision } from "./deepvision.ts";
import { kongur } from "./kongur.ts";

/** All vendors behind the TOP gateway. */
export const topVendors = { kongur, deepvision } as const satisfies Record<string, TopVendor>;

export type VendorName = keyof typeof topVendors;
export const vendorNames = Object.keys(topVendors) as [VendorName, ...VendorName[]];
