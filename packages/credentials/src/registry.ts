import { ExhibitError } from "@exhibit/contracts";
import type { z } from "zod";
import { secretsIn } from "./secret.ts";
import type { Vendor, VendorDependencies } from "./vendor.ts";
import { deepvision, deepvisionOptions } from "./vendors/deepvision.ts";
import { kongur, kongurOptions } from "./vendors/kongur.ts";

export interface RegisteredVendor {
  /** What its section of the configuration must be. Its output is valid input again. */
  readonly options: z.ZodType;
  /** Throws CONFIG_INVALID for options that don't fit. */
  create(options: unknown, dependencies?: VendorDependencies): Vendor;
  /** The secrets in its options, by the marks in the schema. */
  secretsOf(options: unknown): string[];
}

/** Every vendor there is. To add one: a file in `vendors/`, a line here, a test in `test/conformance/`. */
const registry = {
  kongur: checked(kongurOptions, kongur),
  deepvision: checked(deepvisionOptions, deepvision),
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

/** Binds a schema and a factory; the pair's own types stay inside, so that unlike vendors fit into one table. */
function checked<Options extends z.ZodType>(
  options: Options,
  factory: (options: z.output<Options>, dependencies?: VendorDependencies) => Vendor,
): RegisteredVendor {
  return {
    options,
    create(given, dependencies) {
      const parsed = options.safeParse(given);
      if (parsed.success) return factory(parsed.data, dependencies);
      const faults = parsed.error.issues.map(
        ({ path, message }) => `${path.join(".")}: ${message}`,
      );
      throw new ExhibitError("CONFIG_INVALID", faults.join("\n"), { cause: parsed.error });
    },
    secretsOf: (given) => secretsIn(options, given),
  };
}
