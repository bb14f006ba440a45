import type { Scenario } from "../scenario.ts";
import { crashes } from "./crashes.ts";
import { oss } from "./oss.ts";
import { people } from "./people.ts";
import { servers } from "./servers.ts";
import { sources } from "./sources.ts";
import { strangers } from "./strangers.ts";
import { vendor } from "./vendor.ts";

/** In the order in which they are played. */
export const scenarios: readonly Scenario[] = [
  ...crashes,
  ...servers,
  ...oss,
  ...vendor,
  ...sources,
  ...people,
  ...strangers,
];
