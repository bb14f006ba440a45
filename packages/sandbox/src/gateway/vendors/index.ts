import { deepvision } from "./deepvision.ts";
import { industry } from "./industry.ts";
import { kongur } from "./kongur.ts";
import { rex } from "./rex.ts";
import type { IotVendor, TopVendor } from "./vendor.ts";
import { wombat } from "./wombat.ts";

/** All vendors behind the TOP gateway. */
export const topVendors = { kongur, deepvision, rex, wombat } as const satisfies Record<
  string,
  TopVendor
>;

/** All vendors behind the IoT gateway. */
export const iotVendors = { industry } as const satisfies Record<string, IotVendor>;

export type TopVendorName = keyof typeof topVendors;
export const topVendorNames = Object.keys(topVendors) as TopVendorName[];
export type IotVendorName = keyof typeof iotVendors;
export const iotVendorNames = Object.keys(iotVendors) as IotVendorName[];
export type VendorName = TopVendorName | IotVendorName;
export const vendorNames = [...topVendorNames, ...iotVendorNames] as [VendorName, ...VendorName[]];
