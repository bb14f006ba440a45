import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Environment, ExhibitConfig } from "@exhibit/config";
import { vendorPlaces } from "@exhibit/credentials";
import { type LeaseKeyRing, parseLeaseKeys } from "@exhibit/credentials/lease-key";
import { createWebhookSecrets, type WebhookSecrets } from "@exhibit/ingest";
import {
  type AddressPolicy,
  createSafeFetch,
  type OwnPlace,
  type SafeFetch,
} from "@exhibit/safe-fetch";

/** What webhooks are called with. */
export interface WebhookParts {
  readonly fetch: SafeFetch;
  /** Undefined in a fleet without EXHIBIT_LEASE_KEY: its processes have no key in common. */
  readonly secrets: WebhookSecrets | undefined;
}

/** Opens what webhooks of a deployment are called with. */
export async function openWebhookParts(
  environment: Environment,
  config: ExhibitConfig,
): Promise<WebhookParts> {
  const { leaseKeys, databaseUrl, dataDir } = environment;
  const own = databaseUrl === undefined ? await ownKeyRing(dataDir) : undefined;
  const ring = leaseKeys ?? own;
  return {
    fetch: createSafeFetch({ ...policyOf(config), own: ownPlaces(environment, config) }),
    secrets: ring && createWebhookSecrets(ring),
  };
}

/** Nothing of a trial leaves the machine, and on it everything may be tried. */
const TRIAL: AddressPolicy = {
  onlyRanges: true,
  allowedRanges: ["127.0.0.0/8", "::1"],
  ports: "all",
  plain: true,
};

function policyOf({ trial, webhooks }: ExhibitConfig): AddressPolicy {
  if (trial) return TRIAL;
  return {
    allowedHosts: webhooks?.allowed_hosts,
    allowedRanges: webhooks?.allowed_ranges,
    ports: webhooks?.ports,
    plain: webhooks?.plain,
  };
}

/** Returns where the services of the deployment itself are. */
function ownPlaces(
  { redisUrl, databaseUrl, apiHost, apiPort, publicUrl }: Environment,
  { vendors }: ExhibitConfig,
): OwnPlace[] {
  const places = Object.values(vendorPlaces(vendors));
  const addresses = [
    ...[redisUrl, databaseUrl, publicUrl],
    ...places.flatMap(({ gateway, endpoint }) => [gateway, endpoint ?? undefined]),
  ];
  return [
    { host: apiHost, port: apiPort },
    ...addresses.flatMap((address) => (address === undefined ? [] : placeOf(new URL(address)))),
  ];
}

const PORTS: Readonly<Record<string, number>> = {
  "redis:": 6379,
  "rediss:": 6379,
  "postgres:": 5432,
  "postgresql:": 5432,
  "http:": 80,
  "https:": 443,
};

function placeOf({ protocol, hostname, port }: URL): OwnPlace {
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return { host, port: port === "" ? (PORTS[protocol] ?? 0) : Number(port) };
}

/** What a process that keeps everything itself encrypts with, where nobody has set a key. */
const FILE = "webhook-key";
const KEY_BYTES = 32;

/** Returns the key of a data folder, which one process has at a time; it is made when it is missing. */
async function ownKeyRing(dataDir: string): Promise<LeaseKeyRing | undefined> {
  const path = join(dataDir, FILE);
  const made = randomBytes(KEY_BYTES).toString("base64");
  await writeFile(path, `${made}\n`, { mode: 0o600, flag: "wx" }).catch(() => {});
  const text = await readFile(path, "utf8").catch(() => "");
  const ring = parseLeaseKeys(text.trim());
  return typeof ring === "string" ? undefined : ring;
}
