import { z } from "zod";

/** What somebody may do, from the least to the most: each role may do what those before it may. */
export const roles = ["viewer", "producer", "ops", "admin"] as const;
export const role = z.enum(roles).meta({ id: "Role" });
export type Role = z.output<typeof role>;

/** Returns whether a role may do what needs at least `least`. */
export function reaches(own: Role, least: Role): boolean {
  return roles.indexOf(own) >= roles.indexOf(least);
}
