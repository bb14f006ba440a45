import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { buildApi } from "@exhibit/api";
import type { Environment } from "@exhibit/config";
import { ExhibitError, hostOfName, isLoopback } from "@exhibit/contracts";
import type { Services } from "@exhibit/runtime";
import type { Logger } from "@exhibit/telemetry";

export interface ServedApi {
  /** Where this machine reaches it: `http://host:port`, without a slash at the end. */
  readonly url: string;
  /** Who else can reach it, and what that means; undefined where only this machine can. */
  readonly exposure: string | undefined;
  /** Ends the requests that run, then stops listening. */
  close(): Promise<void>;
}

export interface ServeOptions {
  services: Services;
  logger: Logger;
  environment: Pick<Environment, "apiHost" | "apiPort" | "apiHosts" | "publicUrl">;
}

/**
 * Starts the HTTP API, and warns in the log when others than this machine can reach it. Throws CONFIG_INVALID when it can't
 * listen there; `details.reason` is the system's code.
 */
export async function serveApi({
  services,
  logger,
  environment,
}: ServeOptions): Promise<ServedApi> {
  const { trial, imports, bandwidth, queues, labels, ready, vendors } = services;
  const { apiHost: host, apiPort: port, apiHosts: names = [], publicUrl } = environment;
  const access = { listensOn: host, names, publicUrl };
  const app = await buildApi({
    trial,
    imports,
    bandwidth,
    queues,
    labels,
    ready,
    vendors,
    logger,
    access,
  });
  try {
    const url = await app.listen({ host, port });
    const exposure = exposureOf(app.addresses());
    if (exposure !== undefined) logger.warn(exposure);
    return { url, exposure, close: () => app.close() };
  } catch (cause) {
    await app.close();
    throw cannotListen(host, port, cause);
  }
}

/** Nobody has to say who they are to the API: whoever reaches it may do everything. */
function exposureOf(listensAt: readonly (AddressInfo | string)[]): string | undefined {
  const open = listensAt
    .filter((at) => typeof at !== "string")
    .filter(({ address }) => !isLoopback(hostOfName(address) ?? ""));
  if (open.length === 0) return undefined;
  const urls = open.flatMap(({ address, port }) =>
    addressesBehind(address).map((host) => `http://${host}:${port}`),
  );
  const where = urls.length === 0 ? "" : ` at ${[...new Set(urls)].join(", ")}`;
  const [{ address } = { address: "" }] = open;
  return (
    `The API listens on ${address}: it can be reached from outside this machine${where}, and asks nobody who they are. ` +
    "Whoever reaches it can read, import and cancel. Have it listen on 127.0.0.1 (EXHIBIT_API_HOST), or see to it that only a proxy that knows people can reach it."
  );
}

/** By which addresses, as they are written in a URL, others reach what listens on one; `0.0.0.0` and `::` stand for many. */
function addressesBehind(address: string): string[] {
  if (address !== "0.0.0.0" && address !== "::") return [hostOfName(address) ?? address];
  return Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter(({ family, internal }) => !internal && (family === "IPv4" || address === "::"))
    .flatMap((one) => hostOfName(one.address) ?? []);
}

function cannotListen(host: string, port: number, cause: unknown): ExhibitError {
  const reason = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
  const sentence =
    reason === "EADDRINUSE"
      ? `Port ${port} on ${host} is taken by another program; choose another by EXHIBIT_API_PORT.`
      : `The API can't listen on ${host}:${port} (${reason}).`;
  return new ExhibitError("CONFIG_INVALID", sentence, { cause, details: { reason } });
}
