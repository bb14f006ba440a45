import { createHash } from "node:crypto";
import { ExhibitError, plainIssue, type VendorPlace } from "@exhibit/contracts";
import type { z } from "zod";
import { withAbsolutePaths, withoutPaths } from "./options/file-path.ts";
import { secretsIn } from "./options/secret.ts";
import { type RateLimit, rateLimit, type Vendor, type VendorDependencies } from "./vendor.ts";
import { deepvision, deepvisionOptions } from "./vendors/deepvision.ts";
import { industry, industryOptions } from "./vendors/industry.ts";
import { kongur, kongurBucket, kongurOptions } from "./vendors/kongur.ts";
import { rex, rexBucket, rexOptions } from "./vendors/rex.ts";
import { wombat, wombatOptions } from "./vendors/wombat.ts";

export interface RegisteredVendor {
  /** What its section of the configuration must be. Its output is valid input again. */
  readonly options: z.ZodType;
  /** Throws CONFIG_INVALID for options that don't fit. */
  create(options: unknown, dependencies?: VendorDependencies): Vendor;
  /** The secrets in its options, by the marks in the schema. */
  secretsOf(options: unknown): string[];
  /** The options with the paths in them made absolute, by the marks in the schema. */
  locatedIn(folder: string, options: unknown): unknown;
  /** What its options say of where its folders lie; addresses in a form that can be compared. */
  placeOf(options: unknown): VendorPlace;
}

/** Every vendor there is. To add one: a file in `vendors/`, a line here, a test in `test/conformance/`. */
const registry = {
  kongur: checked(kongurOptions, kongur, kongurBucket),
  deepvision: checked(deepvisionOptions, deepvision),
  rex: checked(rexOptions, rex, rexBucket),
  wombat: checked(wombatOptions, wombat),
  industry: checked(industryOptions, industry),
} as const satisfies Record<string, RegisteredVendor>;

export type VendorName = keyof typeof registry;
export const vendorNames = Object.keys(registry) as VendorName[];

/** The vendor registered by this name, if there is one. */
export function registeredVendor(name: string): RegisteredVendor | undefined {
  return Object.hasOwn(registry, name) ? registry[name as VendorName] : undefined;
}

/** The vendors of a configuration, by name. Throws CONFIG_INVALID for unknown names and bad options. */
export function createVendors(
  configured: Readonly<Record<string, unknown>>,
  dependencies?: VendorDependencies,
): Record<string, Vendor> {
  const vendors = Object.entries(configured).map(([name, options]) => {
    const registered = registeredVendor(name);
    if (registered === undefined) {
      throw new ExhibitError(
        "CONFIG_INVALID",
        `vendors.${name}: there is no such vendor; known are ${vendorNames.join(", ")}`,
      );
    }
    return [name, registered.create(options, dependencies)] as const;
  });
  return Object.fromEntries(vendors);
}

/** Where a configuration has its vendors. */
export function vendorPlaces(
  configured: Readonly<Record<string, unknown>>,
): Record<string, VendorPlace> {
  const places = Object.entries(configured).flatMap(([name, options]) => {
    const place = registeredVendor(name)?.placeOf(options);
    return place === undefined ? [] : [[name, place] as const];
  });
  return Object.fromEntries(places);
}

/**
 * Binds a schema and a factory; the pair's own types stay inside, so that unlike vendors fit into one table. What every
 * vendor's section may have besides its own options is added here.
 */
function checked<Own extends z.ZodObject<{ gateway: z.ZodType<string> }>>(
  own: Own,
  factory: (options: z.output<Own>, dependencies?: VendorDependencies) => Vendor,
  bucketOf?: (options: z.output<Own>) => Omit<VendorPlace, "gateway">,
): RegisteredVendor {
  const options = own.extend({ rate_limit: rateLimit.optional() });
  return {
    options,
    create(given, dependencies) {
      const parsed = options.safeParse(given, { error: plainIssue });
      if (!parsed.success) throw invalidOptions(parsed.error);
      const { rate_limit, ...chosen } = parsed.data;
      return {
        ...factory(chosen as z.output<Own>, dependencies),
        // The secrets in the options make it unguessable what they are.
        fingerprint: createHash("sha256")
          .update(JSON.stringify(withoutPaths(options, chosen)))
          .digest("hex"),
        rateLimit: rate_limit as RateLimit | undefined,
      };
    },
    secretsOf: (given) => secretsIn(options, given),
    placeOf(given) {
      const parsed = options.parse(given) as z.output<Own>;
      return {
        gateway: new URL(parsed.gateway).href.replace(/\/+$/, ""),
        ...(bucketOf?.(parsed) ?? { endpoint: null, bucket: null }),
      };
    },
    locatedIn: (folder, given) => withAbsolutePaths(options, given, folder),
  };
}

function invalidOptions(cause: z.ZodError): ExhibitError {
  const faults = cause.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  return new ExhibitError("CONFIG_INVALID", faults, { cause });
}
