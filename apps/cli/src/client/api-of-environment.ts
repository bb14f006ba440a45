import { type ApiClient, createApiClient } from "@exhibit/client";
import { readEnvironment } from "@exhibit/config/environment";
import { actorOfSystem } from "../process/actor.ts";

/** Returns a client of the API that the environment names (EXHIBIT_API_URL, or host and port). */
export function apiOfEnvironment(): ApiClient {
  return createApiClient({
    url: readEnvironment().apiUrl,
    actor: actorOfSystem(),
    onWait: ({ message, retryAfter = 0 }) =>
      process.stderr.write(`${message} Trying again in ${Math.ceil(retryAfter / 1000)} s.\n`),
  });
}
