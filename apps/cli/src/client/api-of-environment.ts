import { type ApiClient, createApiClient } from "@exhibit/client";
import { readEnvironment } from "@exhibit/config/environment";
import { actorOfSystem } from "../process/actor.ts";
import { ownKeysFor } from "../process/own-key.ts";

/**
 * Returns a client of the API that the environment names (EXHIBIT_API_URL, or host and port), with
 * the key that it names, or those that an API of this machine made for itself.
 */
export function apiOfEnvironment(): ApiClient {
  const environment = readEnvironment();
  const { apiUrl: url, apiKey } = environment;
  return createApiClient({
    url,
    keys: apiKey === undefined ? ownKeysFor(environment) : [apiKey],
    actor: actorOfSystem(),
    onWait: ({ message, retryAfter = 0 }) =>
      process.stderr.write(`${message} Trying again in ${Math.ceil(retryAfter / 1000)} s.\n`),
  });
}
