import { dirname, isAbsolute, resolve } from "node:path";
import {
  hostOf,
  type IdenticalPolicy,
  identicalPolicies,
  isLoopback,
  type Period,
  plainIssue,
} from "@exhibit/contracts";
import { registeredVendor, vendorNames, vendorPlaces } from "@exhibit/credentials";
import { z } from "zod";
import { type DepositConfig, deposit } from "./deposits.ts";
import { type Environment, processVariables } from "./environment.ts";
import { type Fault, faultsOf, faultyConfig } from "./faults.ts";
import { type OidcConfig, oidc } from "./oidc.ts";
import { type OutboundConfig, outbound } from "./outbound.ts";
import { period, schedules, type VerificationSchedule } from "./periods.ts";
import { isPem, type StampConfig, stamps } from "./stamps.ts";
import { replaceVariables, type Variables } from "./variables.ts";

/** A checked `exhibit.yaml`. */
export interface ExhibitConfig {
  /** Its vendors are a sandbox's, and nothing leaves the machine. */
  readonly trial: boolean;
  readonly sources: {
    /** Absolute paths; nothing outside of them can be read. */
    readonly roots: string[];
  };
  /** Who may use the API besides those who have a key of its own. */
  readonly access?: { readonly oidc?: OidcConfig | undefined } | undefined;
  /** What webhooks may call besides addresses on the internet. */
  readonly webhooks?: OutboundConfig | undefined;
  /** How imports are sealed. */
  readonly custody?:
    | {
        readonly register?: string | undefined;
        /** Whose bags they are. */
        readonly organization?: string | undefined;
        /** A file with the certificate of the key that seals, or its PEM. @defaultValue none */
        readonly certificate?: string | undefined;
        /** How hard an object that is there already has to be proved. @defaultValue `strongest` */
        readonly identical?: IdenticalPolicy | undefined;
        /** For how long OSS is asked to keep objects. @defaultValue it isn't asked */
        readonly retention?: Period | undefined;
        /** Whether files are digested by SM3 as well. @defaultValue false */
        readonly sm3?: boolean | undefined;
        /** The authorities that stamp entries of the register. @defaultValue none */
        readonly stamps?: readonly StampConfig[] | undefined;
        /** How many of them have to have stamped a seal that is `stamped`. @defaultValue 1 */
        readonly stamps_wanted?: number | undefined;
        /** Whether they stamp each entry, or one journal an hour. @defaultValue `each` */
        readonly stamp?: "each" | "hourly" | undefined;
        /** What is kept elsewhere of entries. @defaultValue nothing */
        readonly deposit?: DepositConfig | undefined;
        /** How seals are verified from time to time. @defaultValue not at all */
        readonly verify?: readonly VerificationSchedule[] | undefined;
      }
    | undefined;
  /**
   * Each vendor's options, parsed by its own schema: see `createVendors` of `@exhibit/credentials`.
   */
  readonly vendors: Readonly<Record<string, unknown>>;
}

const root = z.string().min(1).refine(isAbsolute, { message: "it isn't an absolute path" });
/** It is a line of each seal. */
const registerName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9./_-]{0,199}$/,
    "it has other characters than letters, digits and . / _ -",
  );
/** It is a line of each bag. */
const organization = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^\P{Cc}*$/u, "it has a control character");
const shape = z.strictObject({
  trial: z.boolean().optional(),
  sources: z.strictObject({ roots: z.array(root).min(1) }),
  access: z.strictObject({ oidc: oidc.optional() }).optional(),
  webhooks: outbound.optional(),
  custody: z
    .strictObject({
      register: registerName.optional(),
      identical: z.enum(identicalPolicies).optional(),
      retention: period.optional(),
      sm3: z.boolean().optional(),
      organization: organization.optional(),
      certificate: z.string().min(1).optional(),
      stamps: stamps.optional(),
      stamps_wanted: z.int().min(1).optional(),
      stamp: z.enum(["each", "hourly"]).optional(),
      deposit: deposit.optional(),
      verify: schedules.optional(),
    })
    .refine(({ stamps = [], stamps_wanted = 1 }) => stamps_wanted <= Math.max(stamps.length, 1), {
      error: "it has fewer authorities than stamps are wanted",
      path: ["stamps_wanted"],
    })
    .optional(),
  vendors: z.record(z.string(), z.unknown()),
});

/**
 * Reads `exhibit.yaml`, replaces variables by the environment's values, and checks everything.
 * Throws one CONFIG_INVALID with a line for each fault: invalid YAML with its line, missing
 * variables, unknown keys and vendors, wrong values. The message contains no value. Paths in
 * vendors' options and of certificates are relative to the file's folder.
 */
export async function loadConfig(
  path: string,
  variables: Variables = processVariables(),
): Promise<ExhibitConfig> {
  // The parser is loaded only when needed: most commands read no configuration.
  const { readYamlFile } = await import("./yaml-file.ts");
  const { value, faults } = await replaceVariables(await readYamlFile(path), variables);
  const config = checkedConfig(value, path, faults);
  const folder = dirname(path);
  const { custody } = config;
  return {
    ...config,
    ...(custody && { custody: locatedCustody(custody, folder) }),
    vendors: locatedVendors(config.vendors, folder),
  };
}

/** Checks a configuration in memory; `origin` names it in messages. Throws CONFIG_INVALID. */
export function parseConfig(value: unknown, origin: string): ExhibitConfig {
  return checkedConfig(value, origin, []);
}

/**
 * Returns every secret of a configuration: the values that vendors' schemas mark, that of the client
 * at the identity provider, headers for authorities of time stamps and third parties, and the passwords in
 * the addresses of servers and proxies.
 */
export function secretsOf(
  config: ExhibitConfig,
  environment: Pick<
    Environment,
    "redisUrl" | "databaseUrl" | "apiKey" | "proxies" | "sealKey" | "oldSealKey"
  > = {},
): string[] {
  const secrets = Object.entries(config.vendors).flatMap(
    ([name, options]) => registeredVendor(name)?.secretsOf(options) ?? [],
  );
  const { stamps = [], deposit: kept } = config.custody ?? {};
  const addresses = [environment.redisUrl, environment.databaseUrl, kept?.mail?.server];
  const passwords = addresses.flatMap(passwordsIn);
  const { apiKey, proxies, sealKey, oldSealKey } = environment;
  const single = [apiKey, sealKey, oldSealKey, config.access?.oidc?.login?.client_secret];
  const others = [...single.filter((one) => one !== undefined), ...(proxies?.secrets ?? [])];
  const headers = [...stamps, kept].flatMap((each) => Object.values(each?.headers ?? {}));
  return [...new Set([...secrets, ...passwords, ...others, ...headers])];
}

/** Returns a password as in the address and as sent: errors of clients may contain either. */
function passwordsIn(address: string | undefined): string[] {
  const { password } = new URL(address ?? "none:");
  if (password === "") return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    // A lone `%` stands for itself.
    return [password];
  }
}

function checkedConfig(value: unknown, origin: string, known: readonly Fault[]): ExhibitConfig {
  const parsed = shape.safeParse(value, { error: plainIssue });
  const vendors = checkedVendors(vendorsIn(value));
  const found = [
    ...(parsed.success ? worldFaults(parsed.data.trial, vendors.options) : faultsOf(parsed.error)),
    ...(parsed.success && parsed.data.trial === true ? mailFaults(parsed.data.custody) : []),
    ...vendors.faults,
  ];
  // Other faults of a text with a missing variable only matter once it has a value.
  const places = new Set(known.map(({ path }) => JSON.stringify(path)));
  const faults = [...known, ...found.filter(({ path }) => !places.has(JSON.stringify(path)))];
  if (faults.length > 0 || !parsed.success) throw faultyConfig(origin, faults);
  const { trial = false, sources, access, webhooks, custody } = parsed.data;
  const others = {
    ...(access && { access }),
    ...(webhooks && { webhooks }),
    ...(custody && { custody }),
  };
  return { trial, sources, ...others, vendors: vendors.options };
}

/** A trial must not lead off this machine; and a sandbox on it must not be mistaken for OSS. */
function worldFaults(trial: boolean | undefined, vendors: ExhibitConfig["vendors"]): Fault[] {
  const addresses = Object.entries(vendorPlaces(vendors)).flatMap(
    ([name, { gateway, endpoint }]) => [
      { path: ["vendors", name, "gateway"], address: gateway },
      ...(endpoint === null
        ? []
        : [{ path: ["vendors", name, "oss", "endpoint"], address: endpoint }]),
    ],
  );
  const isOwn = ({ address }: { address: string }) =>
    isLoopback(hostOf(new URL(address).host) ?? "");
  if (trial === true) {
    const reason = "it leads off this machine, but with `trial: true` nothing may leave it";
    return addresses.filter((each) => !isOwn(each)).map(({ path }) => ({ path, reason }));
  }
  const own = trial === undefined ? addresses.find(isOwn) : undefined;
  if (own === undefined) return [];
  const where = own.path.join(".");
  const reason = `${where} is on this machine: set \`true\` for a sandbox, or \`false\` if it leads to the vendor, such as a tunnel`;
  return [{ path: ["trial"], reason }];
}

/** Addresses that are called are checked when they are; a server of mail is reached by a library. */
function mailFaults(custody: ExhibitConfig["custody"]): Fault[] {
  const server = custody?.deposit?.mail?.server;
  if (server === undefined || isLoopback(hostOf(new URL(server).host) ?? "")) return [];
  const reason = "it leads off this machine, but with `trial: true` nothing may leave it";
  return [{ path: ["custody", "deposit", "mail", "server"], reason }];
}

/** Paths of certificates are relative to the file's folder. */
function locatedCustody(
  custody: NonNullable<ExhibitConfig["custody"]>,
  folder: string,
): ExhibitConfig["custody"] {
  const { certificate, stamps } = custody;
  const isPath = certificate !== undefined && !isPem(certificate);
  return {
    ...custody,
    ...(isPath && { certificate: resolve(folder, certificate) }),
    ...(stamps && { stamps: locatedStamps(stamps, folder) }),
  };
}

function locatedStamps(stamps: readonly StampConfig[], folder: string): StampConfig[] {
  return stamps.map((each) => {
    const isPath = each.ca !== undefined && !isPem(each.ca);
    return isPath ? { ...each, ca: resolve(folder, each.ca ?? "") } : each;
  });
}

function locatedVendors(vendors: ExhibitConfig["vendors"], folder: string) {
  const located = Object.entries(vendors).map(([name, options]) => {
    return [name, registeredVendor(name)?.locatedIn(folder, options) ?? options];
  });
  return Object.fromEntries(located) as ExhibitConfig["vendors"];
}

function vendorsIn(value: unknown): Record<string, unknown> {
  const { vendors } = (value ?? {}) as { vendors?: unknown };
  return typeof vendors === "object" && vendors !== null ? { ...vendors } : {};
}

function checkedVendors(given: Record<string, unknown>) {
  const options: Record<string, unknown> = {};
  const faults: Fault[] = [];
  for (const [name, section] of Object.entries(given)) {
    const registered = registeredVendor(name);
    const parsed = registered?.options.safeParse(section, { error: plainIssue });
    if (parsed === undefined) {
      const reason = `there is no such vendor; the known ones are ${vendorNames.join(", ")}`;
      faults.push({ path: ["vendors", name], reason });
    } else if (parsed.success) options[name] = parsed.data;
    else faults.push(...faultsOf(parsed.error, ["vendors", name]));
  }
  return { options, faults };
}
