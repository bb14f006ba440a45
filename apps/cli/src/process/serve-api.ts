import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { buildApi, MAX_CONNECTIONS } from "@exhibit/api";
import type { Environment } from "@exhibit/config";
import { ExhibitError, hostOfName, isLoopback } from "@exhibit/contracts";
import type { Services } from "@exhibit/runtime";
import type { Logger } from "@exhibit/telemetry";

export interface ServedApi {
  /** Its address on this machine: `http://host:port`, without a slash at the end. */
  readonly url: string;
  /** A warning, when others than this machine can reach the API. */
  readonly exposure: string | undefined;
  /** Ends the running requests, then stops listening. */
  close(): Promise<void>;
}

export interface ServeOptions {
  services: Services;
  logger: Logger;
  environment: Pick<Environment, "apiHost" | "apiPort" | "apiHosts" | "publicUrl" | "apiRates">;
}

/**
 * Starts the HTTP API, and logs a warning when others than this machine can reach it. Throws
 * CONFIG_INVALID when it can't listen (`details.reason` is the system's code), or when people are to log
 * in by a provider at an address that isn't fit for it.
 */
export async function serveApi({
  services,
  logger,
  environment,
}: ServeOptions): Promise<ServedApi> {
  const { trial, imports, cases, bandwidth, answers, keys, queues, labels, ready, vendors } =
    services;
  const { audit, recordRead, authenticate, sessions, recordBoardAct, folders, webhooks } = services;
  const { fleet, seals, accessList } = services;
  const { apiHost: host, apiPort: port, apiHosts: names = [], publicUrl } = environment;
  const access = { listensOn: host, names, publicUrl };
  const people = services.peopleAt(publicUrl);
  const app = await buildApi({
    trial,
    imports,
    folders,
    cases,
    seals,
    bandwidth,
    fleet,
    keys,
    audit,
    recordRead,
    answers,
    queues,
    labels,
    ready,
    vendors,
    webhooks,
    authenticate,
    sessions,
    accessList,
    people,
    recordBoardAct,
    logger,
    access,
    overload: {},
    rates: { ...environment.apiRates, shared: services.openCounters() },
  });
  try {
    const url = await app.listen({ host, port, backlog: MAX_CONNECTIONS });
    const exposure = exposureOf(app.addresses());
    if (exposure !== undefined) logger.warn(exposure);
    return { url, exposure, close: () => app.close() };
  } catch (cause) {
    await app.close();
    throw cannotListen(host, port, cause);
  }
}

/**
 * Returns a warning when the API is exposed: without TLS, whoever sees the traffic sees the keys in it.
 */
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
    `The API listens on ${address}: other machines can reach it${where}, without TLS. ` +
    "Keys and evidence's names can be read on the way. Make it listen on 127.0.0.1 (EXHIBIT_API_HOST), or let only a proxy with TLS reach it."
  );
}

/**
 * Returns the addresses, as written in a URL, at which others reach a listening address; `0.0.0.0`
 * and `::` stand for many.
 */
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
      ? `Port ${port} on ${host} is used by another program; choose another port by EXHIBIT_API_PORT.`
      : `The API can't listen on ${host}:${port} (${reason}).`;
  return new ExhibitError("CONFIG_INVALID", sentence, { cause, details: { reason } });
}
