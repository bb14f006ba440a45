import { type Environment, type FoundConfig, findConfig, readEnvironment } from "@exhibit/config";
import { badUse } from "../output/exit-codes.ts";

/**
 * The environment of an API or a worker that runs alone: it names both servers and a configuration.
 */
export type FleetEnvironment = Environment & { readonly config: FoundConfig };

/**
 * Reads the environment of `exhibit api` or `exhibit worker`. The embedded engine works in one
 * process only, so both commands need both servers. Throws REQUEST_INVALID, which names what is
 * missing.
 */
export function readFleetEnvironment(service: string): FleetEnvironment {
  const environment = readEnvironment();
  const { redisUrl, databaseUrl } = environment;
  const config = findConfig(environment);
  const missing = [
    ...(config === undefined ? ["EXHIBIT_CONFIG"] : []),
    ...(redisUrl === undefined ? ["EXHIBIT_REDIS_URL"] : []),
    ...(databaseUrl === undefined ? ["EXHIBIT_DATABASE_URL"] : []),
  ];
  if (config !== undefined && missing.length === 0) return { ...environment, config };
  throw badUse(
    `exhibit ${service} needs ${missing.join(" and ")}. To run everything in one process without them: exhibit up`,
  );
}
