import { createHash } from "node:crypto";
import {
  ExhibitError,
  type FolderSelector,
  issueLine,
  plainIssue,
  type VendorPlace,
} from "@exhibit/contracts";
import type { z } from "zod";
import { withAbsolutePaths, withoutPaths } from "./options/file-path.ts";
import { secretsIn } from "./options/secret.ts";
import {
  type CaseFolders,
  type RateLimit,
  rateLimit,
  type Vendor,
  type VendorDependencies,
} from "./vendor.ts";
import { deepvision, deepvisionExample, deepvisionOptions } from "./vendors/deepvision.ts";
import { industry, industryExample, industryOptions } from "./vendors/industry.ts";
import {
  kongur,
  kongurBucket,
  kongurCaseFolders,
  kongurExample,
  kongurOptions,
} from "./vendors/kongur.ts";
import { rex, rexBucket, rexExample, rexOptions } from "./vendors/rex.ts";
import { wombat, wombatExample, wombatOptions } from "./vendors/wombat.ts";

export interface RegisteredVendor {
  /** An example of a folder's selector, for help texts. */
  readonly example: FolderSelector;
  /** Set for a vendor that opens all folders of a case. */
  readonly caseFolders: CaseFolders | undefined;
  /** The schema of the vendor's section of the configuration. Its output is valid input again. */
  readonly options: z.ZodType;
  /** Throws CONFIG_INVALID for invalid options. */
  create(options: unknown, dependencies?: VendorDependencies): Vendor;
  /** Returns the secrets in the options: the values that the schema marks. */
  secretsOf(options: unknown): string[];
  /** Returns the options with the paths that the schema marks made absolute. */
  locatedIn(folder: string, options: unknown): unknown;
  /** Returns what the options say about where the folders are, in a form that can be compared. */
  placeOf(options: unknown): VendorPlace;
}

/** All vendors. To add one: a file in `vendors/`, an entry here, a test in `test/conformance/`. */
const registry = {
  kongur: checked(kongurOptions, kongur, {
    example: kongurExample,
    bucketOf: kongurBucket,
    caseFolders: kongurCaseFolders,
  }),
  deepvision: checked(deepvisionOptions, deepvision, { example: deepvisionExample }),
  rex: checked(rexOptions, rex, { example: rexExample, bucketOf: rexBucket }),
  wombat: checked(wombatOptions, wombat, { example: wombatExample }),
  industry: checked(industryOptions, industry, { example: industryExample }),
} as const satisfies Record<string, RegisteredVendor>;

export type VendorName = keyof typeof registry;
export const vendorNames = Object.keys(registry) as VendorName[];

/** Returns the vendor registered by this name, if there is one. */
export function registeredVendor(name: string): RegisteredVendor | undefined {
  return Object.hasOwn(registry, name) ? registry[name as VendorName] : undefined;
}

/**
 * Creates a configuration's vendors, by name. Throws CONFIG_INVALID for unknown names and bad
 * options.
 */
export function createVendors(
  configured: Readonly<Record<string, unknown>>,
  dependencies?: VendorDependencies,
): Record<string, Vendor> {
  const vendors = Object.entries(configured).map(([name, options]) => {
    const registered = registeredVendor(name);
    if (registered === undefined) {
      throw new ExhibitError(
        "CONFIG_INVALID",
        `vendors.${name}: there is no such vendor; the known ones are ${vendorNames.join(", ")}`,
      );
    }
    return [name, registered.create(options, dependencies)] as const;
  });
  return Object.fromEntries(vendors);
}

/** Returns where a configuration's vendors are. */
export function vendorPlaces(
  configured: Readonly<Record<string, unknown>>,
): Record<string, VendorPlace> {
  const places = Object.entries(configured).flatMap(([name, options]) => {
    const place = registeredVendor(name)?.placeOf(options);
    return place === undefined ? [] : [[name, place] as const];
  });
  return Object.fromEntries(places);
}

/** What a vendor declares about itself. */
interface Declared<Options> {
  readonly example: FolderSelector;
  /** Returns what the options say about the bucket; for a vendor whose answer doesn't name it. */
  readonly bucketOf?: (options: Options) => Omit<VendorPlace, "gateway">;
  readonly caseFolders?: CaseFolders;
}

/**
 * Binds a schema and a factory. The pair's own types stay inside, so that different vendors fit
 * into one table. Adds the options that every vendor's section may have.
 */
function checked<Own extends z.ZodObject<{ gateway: z.ZodType<string> }>>(
  own: Own,
  factory: (options: z.output<Own>, dependencies?: VendorDependencies) => Vendor,
  { example, bucketOf, caseFolders }: Declared<z.output<Own>>,
): RegisteredVendor {
  const options = own.extend({ rate_limit: rateLimit.optional() });
  return {
    example,
    caseFolders,
    options,
    create(given, dependencies) {
      const parsed = options.safeParse(given, { error: plainIssue });
      if (!parsed.success) throw invalidOptions(parsed.error);
      const { rate_limit, ...chosen } = parsed.data;
      return {
        ...factory(chosen as z.output<Own>, dependencies),
        // The options contain secrets, so nobody can guess them from their hash.
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
  return new ExhibitError("CONFIG_INVALID", cause.issues.map(issueLine), { cause });
}
