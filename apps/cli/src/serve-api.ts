import { buildApi } from "@exhibit/api";
import { ExhibitError } from "@exhibit/contracts";
import type { Logger } from "@exhibit/telemetry";
import type { Services } from "@exhibit/worker";

export interface ServedApi {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string;
  /** Ends the requests that run, then stops listening. */
  close(): Promise<void>;
}

export interface ServeOptions {
  services: Services;
  logger: Logger;
  host: string;
  port: number;
}

/** Starts the HTTP API. Throws CONFIG_INVALID when it can't listen there; `details.reason` is the system's code. */
export async function serveApi({ services, logger, host, port }: ServeOptions): Promise<ServedApi> {
  const { imports, bandwidth, queues, ready, vendors } = services;
  const app = await buildApi({ imports, bandwidth, queues, ready, vendors, logger });
  try {
    const url = await app.listen({ host, port });
    return { url, close: () => app.close() };
  } catch (cause) {
    await app.close();
    throw cannotListen(host, port, cause);
  }
}

function cannotListen(host: string, port: number, cause: unknown): ExhibitError {
  const reason = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
  const sentence =
    reason === "EADDRINUSE"
      ? `Port ${port} on ${host} is taken by another program; choose another by EXHIBIT_API_PORT.`
      : `The API can't listen on ${host}:${port} (${reason}).`;
  return new ExhibitError("CONFIG_INVALID", sentence, { cause, details: { reason } });
}
