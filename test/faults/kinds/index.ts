import type { Fault } from "../fault.ts";
import { ossFaults } from "./oss.ts";
import { peopleFaults } from "./people.ts";
import { processFaults } from "./processes.ts";
import { serverFaults } from "./servers.ts";
import { sourceFaults } from "./sources.ts";
import { strangerFaults } from "./strangers.ts";
import { vendorFaults } from "./vendor.ts";

/** All faults of the suite. */
export const faults: readonly Fault[] = [
  ...processFaults,
  ...serverFaults,
  ...ossFaults,
  ...vendorFaults,
  ...sourceFaults,
  ...peopleFaults,
  ...strangerFaults,
];

export function faultOf(kind: string): Fault {
  const found = faults.find((fault) => fault.kind === kind);
  if (found === undefined) throw new Error(`There is no fault ${kind}.`);
  return found;
}
