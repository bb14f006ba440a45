import { dirname, isAbsolute } from "node:path";
import { hostOf, isLoopback, plainIssue } from "@exhibit/contracts";
import { registeredVendor, vendorNames, vendorPlaces } from "@exhibit/credentials";
import { z } from "zod";
import { type Environment, processVariables, type Variables } from "./environment.ts";
import { type Fault, faultsOf, faultyConfig } from "./faults.ts";
import { replaceVariables } from "./variables.ts";

/** `exhibit.yaml`, checked. */
export interface ExhibitConfig {
  /** Its vendors are a sandbox's: nothing leaves the machine. */
  readonly trial: boolean;
  readonly sources: {
    /** Absolute paths; nothing outside them can be read. */
    readonly roots: string[];
  };
  /** Each vendor's options, as its own schema gives them; see `createVendors` of `@exhibit/credentials`. */
  readonly vendors: Readonly<Record<string, unknown>>;
}

const root = z.string().min(1).refine(isAbsolute, { message: "it isn't an absolute path" });
const shape = z.strictObject({
  trial: z.boolean().optional(),
  sources: z.strictObject({ roots: z.array(root).min(1) }),
  vendors: z.record(z.string(), z.unknown()),
});

/**
 * Reads `exhibit.yaml`, puts in the environment's values and checks all of it. Throws one CONFIG_INVALID with all
 * faults, one line each: bad YAML with its line, missing variables, unknown keys and vendors, wrong values. No
 * value is in the message. Paths in vendors' options are relative to its folder.
 */
export async function loadConfig(
  path: string,
  variables: Variables = processVariables(),
): Promise<ExhibitConfig> {
  // Most of the commands read no file: what parses it is loaded by those that do.
  const { readYamlFile } = await import("./yaml-file.ts");
  const { value, faults } = await replaceVariables(await readYamlFile(path), variables);
  const config = checkedConfig(value, path, faults);
  return { ...config, vendors: locatedVendors(config.vendors, dirname(path)) };
}

/** Checks a configuration that was made in memory; `origin` names it in the faults. Throws CONFIG_INVALID. */
export function parseConfig(value: unknown, origin: string): ExhibitConfig {
  return checkedConfig(value, origin, []);
}

/** Every secret of a configuration, by the marks in the vendors' schemas, and the passwords in servers' and proxies' addresses. */
export function secretsOf(
  config: ExhibitConfig,
  environment: Pick<Environment, "redisUrl" | "databaseUrl" | "proxies"> = {},
): string[] {
  const secrets = Object.entries(config.vendors).flatMap(
    ([name, options]) => registeredVendor(name)?.secretsOf(options) ?? [],
  );
  const passwords = [environment.redisUrl, environment.databaseUrl].flatMap(passwordsIn);
  return [...new Set([...secrets, ...passwords, ...(environment.proxies?.secrets ?? [])])];
}

/** As it is written in the address, and as the server gets it: clients print either in their errors. */
function passwordsIn(address: string | undefined): string[] {
  const { password } = new URL(address ?? "none:");
  if (password === "") return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    // A lone `%`: it can't be sent otherwise than it is written.
    return [password];
  }
}

function checkedConfig(value: unknown, origin: string, known: readonly Fault[]): ExhibitConfig {
  const house = shape.safeParse(value, { error: plainIssue });
  const vendors = checkedVendors(vendorsIn(value));
  const found = [
    ...(house.success ? worldFaults(house.data.trial, vendors.options) : faultsOf(house.error)),
    ...vendors.faults,
  ];
  // A text whose variable is missing has been reported; what else is wrong with it will show later.
  const places = new Set(known.map(({ path }) => JSON.stringify(path)));
  const faults = [...known, ...found.filter(({ path }) => !places.has(JSON.stringify(path)))];
  if (faults.length > 0 || !house.success) throw faultyConfig(origin, faults);
  const { trial = false, sources } = house.data;
  return { trial, sources, vendors: vendors.options };
}

/** A trial says that nothing leaves the machine; and what is on it is most likely a sandbox, which must not pass for OSS. */
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
    const reason = "it leads away from this machine, and with `trial: true` nothing leaves it";
    return addresses.filter((each) => !isOwn(each)).map(({ path }) => ({ path, reason }));
  }
  const own = trial === undefined ? addresses.find(isOwn) : undefined;
  if (own === undefined) return [];
  const where = own.path.join(".");
  const reason = `${where} is on this machine: say \`true\` for a sandbox, or \`false\` for a way to the vendor's own, such as a tunnel`;
  return [{ path: ["trial"], reason }];
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
      const reason = `there is no such vendor; known are ${vendorNames.join(", ")}`;
      faults.push({ path: ["vendors", name], reason });
    } else if (parsed.success) options[name] = parsed.data;
    else faults.push(...faultsOf(parsed.error, ["vendors", name]));
  }
  return { options, faults };
}
