import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { hostOfName, plainIssue } from "@exhibit/contracts";
import { type LeaseKeyRing, parseLeaseKeys } from "@exhibit/credentials/lease-key";
import { z } from "zod";
import { type Fault, faultsOf, faultyConfig } from "./faults.ts";
import { type Proxies, readProxies } from "./proxies.ts";
import type { Variables } from "./variables.ts";

/** The parsed EXHIBIT_* variables. */
export interface Environment {
  /** The absolute path of `exhibit.yaml`. */
  readonly configPath?: string;
  /** Set together with `databaseUrl`; without both, the engine is embedded. */
  readonly redisUrl?: string;
  readonly databaseUrl?: string;
  /** Keeps several fleets on one Redis apart. @defaultValue exhibit */
  readonly redisPrefix?: string;
  /** PEM certificates of the authorities to trust for Redis. @defaultValue those Node trusts */
  readonly redisCa?: string;
  /** Accepts a Redis that evicts keys when it runs out of memory. */
  readonly allowEviction?: true;
  /** Keys for leases in Redis; without them, leases stay in each process. */
  readonly leaseKeys?: LeaseKeyRing;
  /** The private key that seals are signed with, in PEM; and the one that it replaces. */
  readonly sealKey?: string;
  readonly oldSealKey?: string;
  /** Absolute. @defaultValue `.exhibit` in the working folder */
  readonly dataDir: string;
  /** What the API listens on. @defaultValue 127.0.0.1 */
  readonly apiHost: string;
  /** 0 means any free port. @defaultValue 7400 */
  readonly apiPort: number;
  /** Set if the port was chosen explicitly: no other port is used instead. */
  readonly isPortChosen?: true;
  /** Other names and addresses that lead to the API, such as a proxy's or a container's. */
  readonly apiHosts?: readonly string[];
  /** The address that people use, from EXHIBIT_API_URL; without a trailing `/`. */
  readonly publicUrl?: string;
  /** Where clients reach the API, without a trailing `/`. @defaultValue from host and port */
  readonly apiUrl: string;
  /** Requests that one principal may send a minute; a kind that isn't limited is absent. */
  readonly apiRates: { readonly reads?: number; readonly writes?: number };
  /** What clients show the API: one of its keys, or a token of the identity provider. */
  readonly apiKey?: string;
  /** The proxies to gateways and OSS, if the environment names any. */
  readonly proxies?: Proxies;
  /**
   * Milliseconds that running work has to finish once a worker is told to stop.
   * @defaultValue 10,000
   */
  readonly graceMs: number;
}

const text = z
  .string()
  .min(1)
  .refine((given) => !/^(["']).*\1$|\p{C}/su.test(given), {
    error: "it is in quotes, or contains an invisible character",
  });
const leaseKeys = z.string().transform((given, context): LeaseKeyRing => {
  const keys = parseLeaseKeys(given);
  if (typeof keys !== "string") return keys;
  context.addIssue({ code: "custom", message: keys });
  return z.NEVER;
});
const port = z
  .string()
  .regex(/^\d{1,5}$/, "it isn't a port")
  .transform(Number)
  .refine((number) => number <= 65_535, "it isn't a port");
const hosts = z.string().transform((list, context): string[] => {
  const names = list.split(",").flatMap((name) => name.trim() || []);
  if (names.every((name) => hostOfName(name) !== undefined)) return names;
  context.addIssue({
    code: "custom",
    message: "it isn't a comma-separated list of names and addresses without ports",
  });
  return z.NEVER;
});
/** Requests a minute. A person causes a tenth of it, and so does a program that follows events. */
const READS_PER_MINUTE = 1_200;
/** Requests a minute. Two a second are more than a night's import of five hundred folders needs. */
const WRITES_PER_MINUTE = 120;
const rate = z
  .string()
  .regex(/^(?:off|[1-9]\d{0,5})$/, "it isn't a number of requests a minute, or `off`")
  .transform((given) => (given === "off" ? Number.POSITIVE_INFINITY : Number(given)));
const seconds = z
  .string()
  .regex(/^\d{1,5}$/, "it isn't a number of seconds")
  .transform(Number);
const contentOfFile = text.transform((path, context): string => {
  try {
    return readFileSync(path, "utf8");
  } catch (thrown) {
    context.addIssue({ code: "custom", message: `the file can't be read: ${codeOf(thrown)}` });
    return z.NEVER;
  }
});
const environment = z.object({
  EXHIBIT_CONFIG: text.optional(),
  EXHIBIT_REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: "it isn't a redis:// or rediss:// address", abort: true })
    .refine((url) => /^(?:\/\d*)?$/.test(new URL(url).pathname), {
      error: "its path isn't the number of a database",
    })
    .optional(),
  EXHIBIT_REDIS_PREFIX: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/,
      "it must be 1 to 64 letters, digits and _ . - and begin with a letter or digit",
    )
    .optional(),
  EXHIBIT_DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: "it isn't a postgres:// address" })
    .optional(),
  EXHIBIT_REDIS_CA_FILE: contentOfFile.optional(),
  EXHIBIT_ALLOW_EVICTION: z.enum(["0", "1"], { error: "it must be 1 or 0" }).optional(),
  EXHIBIT_LEASE_KEY: leaseKeys.optional(),
  EXHIBIT_SEAL_KEY: z.string().optional(),
  EXHIBIT_SEAL_KEY_OLD: z.string().optional(),
  EXHIBIT_DATA_DIR: text.default(".exhibit"),
  EXHIBIT_API_HOST: text.regex(/^[^\s/]+$/, "it isn't a host").default("127.0.0.1"),
  EXHIBIT_API_PORT: port.default(7400),
  EXHIBIT_API_HOSTS: hosts.optional(),
  EXHIBIT_API_URL: z
    .url({ protocol: /^https?$/, error: "it isn't an http:// or https:// address" })
    .optional(),
  EXHIBIT_API_READS_PER_MINUTE: rate.default(READS_PER_MINUTE),
  EXHIBIT_API_WRITES_PER_MINUTE: rate.default(WRITES_PER_MINUTE),
  EXHIBIT_API_KEY: text
    .regex(/^[\x21-\x7e]+$/, "it contains a blank or a character that no key has")
    .optional(),
  EXHIBIT_GRACE: seconds.default(10),
});

/** The names of all variables, without the NAME_FILE of those that hold a secret. */
export const environmentNames: readonly string[] = Object.keys(environment.shape);

/** Variables with secrets. NAME_FILE may name a file instead (a Docker or Kubernetes secret). */
const secretNames = [
  "EXHIBIT_REDIS_URL",
  "EXHIBIT_DATABASE_URL",
  "EXHIBIT_LEASE_KEY",
  "EXHIBIT_SEAL_KEY",
  "EXHIBIT_SEAL_KEY_OLD",
  "EXHIBIT_API_KEY",
];

/**
 * Reads the EXHIBIT_* variables. Space around a value is ignored, and an empty variable counts as
 * absent. Throws one CONFIG_INVALID with a line for each fault; the message contains no value, as
 * addresses may hold passwords.
 */
export function readEnvironment(variables: Variables = processVariables()): Environment {
  const files = secretNames.map((name) => secretOf(name, variables));
  const given = Object.fromEntries(
    [...Object.entries(variables), ...files.map(({ name, value }) => [name, value] as const)]
      // Secrets often end with a line break, from echo or `kubectl create secret --from-file`.
      .map(([name, value]) => [name, value?.trim()] as const)
      .filter(([, value]) => value !== "" && value !== undefined),
  ) as Variables;
  const parsed = environment.safeParse(given, { error: plainIssue });
  const unread = files.flatMap(({ name, reason }) =>
    reason === undefined ? [] : [{ path: [name], reason }],
  );
  const { proxies, faults: faultsOfProxies } = readProxies(variables);
  const faults = [
    ...unread,
    ...faultsOfProxies,
    ...(parsed.success ? [] : faultsOf(parsed.error)),
    ...(unread.length > 0 ? [] : lonelyAddress(given)),
    ...uselessAuthority(given),
  ];
  if (!parsed.success || faults.length > 0) throw faultyConfig("the environment", faults);
  const {
    EXHIBIT_CONFIG: configPath,
    EXHIBIT_REDIS_URL: redisUrl,
    EXHIBIT_DATABASE_URL: databaseUrl,
    EXHIBIT_REDIS_PREFIX: redisPrefix,
    EXHIBIT_REDIS_CA_FILE: redisCa,
    EXHIBIT_ALLOW_EVICTION: eviction,
    EXHIBIT_LEASE_KEY: keys,
    EXHIBIT_SEAL_KEY: sealKey,
    EXHIBIT_SEAL_KEY_OLD: oldSealKey,
    EXHIBIT_API_HOST: apiHost,
    EXHIBIT_API_PORT: apiPort,
    EXHIBIT_API_HOSTS: apiHosts,
    EXHIBIT_API_READS_PER_MINUTE: reads,
    EXHIBIT_API_WRITES_PER_MINUTE: writes,
    EXHIBIT_API_KEY: apiKey,
  } = parsed.data;
  const publicUrl = parsed.data.EXHIBIT_API_URL?.replace(/\/+$/, "");
  return {
    ...(configPath === undefined ? {} : { configPath: resolve(configPath) }),
    ...(redisUrl === undefined ? {} : { redisUrl }),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(redisPrefix === undefined ? {} : { redisPrefix }),
    ...(redisCa === undefined ? {} : { redisCa }),
    ...(eviction === "1" ? { allowEviction: true } : {}),
    ...(keys === undefined ? {} : { leaseKeys: keys }),
    ...(sealKey === undefined ? {} : { sealKey }),
    ...(oldSealKey === undefined ? {} : { oldSealKey }),
    dataDir: resolve(parsed.data.EXHIBIT_DATA_DIR),
    apiHost,
    apiPort,
    ...(given.EXHIBIT_API_PORT === undefined ? {} : { isPortChosen: true as const }),
    ...(apiHosts === undefined ? {} : { apiHosts }),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    apiUrl: publicUrl ?? addressOf(apiHost, apiPort),
    apiRates: {
      ...(Number.isFinite(reads) ? { reads } : {}),
      ...(Number.isFinite(writes) ? { writes } : {}),
    },
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(proxies === undefined ? {} : { proxies }),
    graceMs: parsed.data.EXHIBIT_GRACE * 1000,
  };
}

/**
 * Returns the address of the ledger's server, for commands that need nothing else; undefined if it
 * isn't set. Throws CONFIG_INVALID like `readEnvironment`.
 */
export function readDatabaseUrl(variables: Variables = processVariables()): string | undefined {
  const name = "EXHIBIT_DATABASE_URL";
  const { value, reason } = secretOf(name, variables);
  const parsed = environment.shape[name].safeParse(value === "" ? undefined : value, {
    error: plainIssue,
  });
  const faults = parsed.success ? [] : faultsOf(parsed.error, [name]);
  if (reason !== undefined) faults.unshift({ path: [name], reason });
  if (!parsed.success || faults.length > 0) throw faultyConfig("the environment", faults);
  return parsed.data;
}

interface GivenSecret {
  readonly name: string;
  readonly value: string | undefined;
  /** Why the file can't be used. */
  readonly reason?: string;
}

/** Returns the trimmed value of a variable, or of the file that NAME_FILE names. */
function secretOf(name: string, variables: Variables): GivenSecret {
  const value = variables[name]?.trim();
  const file = variables[`${name}_FILE`];
  if ((value !== undefined && value !== "") || file === undefined || file === "") {
    return { name, value };
  }
  try {
    const content = readFileSync(file, "utf8").trim();
    if (content !== "") return { name, value: content };
    return { name, value: undefined, reason: `the file of ${name}_FILE is empty` };
  } catch (thrown) {
    const reason = `the file of ${name}_FILE can't be read: ${codeOf(thrown)}`;
    return { name, value: undefined, reason };
  }
}

function codeOf(thrown: unknown): string {
  return (thrown as NodeJS.ErrnoException).code ?? "unknown fault";
}

/** Queue and ledger need each other: only one of them on a server would lose the other's data. */
function lonelyAddress(given: Variables): Fault[] {
  const names = ["EXHIBIT_REDIS_URL", "EXHIBIT_DATABASE_URL"];
  const absent = names.filter((name) => given[name] === undefined);
  const [name] = absent;
  if (name === undefined || absent.length > 1) return [];
  const other = names.find((each) => each !== name);
  return [
    {
      path: [name],
      reason: `it is missing, but ${other} is set; set both, or neither for the embedded engine`,
    },
  ];
}

/** Certificates matter only with TLS. */
function uselessAuthority(given: Variables): Fault[] {
  const name = "EXHIBIT_REDIS_CA_FILE";
  const url = given.EXHIBIT_REDIS_URL;
  if (given[name] === undefined || url === undefined || url.startsWith("rediss:")) return [];
  return [
    { path: [name], reason: "it is set, but EXHIBIT_REDIS_URL doesn't begin with rediss://" },
  ];
}

function addressOf(host: string, port: number): string {
  // A server that listens on all addresses is reached on the loopback.
  if (host === "0.0.0.0") return `http://127.0.0.1:${port}`;
  if (host === "::") return `http://[::1]:${port}`;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Returns the variables of this process; nothing else in Exhibit reads `process.env`. */
export function processVariables(): Variables {
  return process.env;
}
