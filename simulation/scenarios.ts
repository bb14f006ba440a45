import type { Tenant } from "./shard.ts";
import type { Scenario } from "./simulation.ts";
import { type World, world } from "./world.ts";

/** The options of the command line. */
interface Choice {
  workers: number;
  /** The number of files of the large import. */
  files: number;
  seed: number;
  /** Simulates a shorter time. */
  small: boolean;
}

interface NamedScenario {
  /** One sentence. */
  about: string;
  of(choice: Choice): Scenario;
}

const SMALLER = 1000;
const TENANTS = 10;

export const scenarios = {
  tenants: {
    about:
      "ten tenants in one bucket, a prefix each; one is a thousand times larger and began first",
    of: ({ workers, files, seed, small }) => ({
      workers,
      seed,
      world,
      seconds: small ? 18 : 60,
      tenants: tenants((first) => ({
        files: first ? files : Math.ceil(files / SMALLER),
        beginsAt: first ? 0 : small ? 6000 : 20_000,
      })),
    }),
  },
  spread: {
    about: "the same large import spread over ten prefixes, as ten suits are",
    of: (choice) => large(choice, world),
  },
  tiny: {
    about: "the same in files of 4 KiB",
    of: (choice) => large(choice, { ...world, files: { median: 4096, sigma: 0 } }),
  },
  images: {
    about: "ten tenants of industry, whose every file takes a call to the vendor",
    of: ({ workers, seed, small }) => ({
      workers,
      seed,
      world,
      seconds: small ? 5 : 60,
      tenants: tenants(() => ({ vendor: "industry", files: 1000, folders: 100 })),
    }),
  },
} as const satisfies Record<string, NamedScenario>;

export type ScenarioName = keyof typeof scenarios;
export const scenarioNames = Object.keys(scenarios) as ScenarioName[];

function large({ workers, files, seed }: Choice, of: World): Scenario {
  const [one] = tenants(() => ({ files, folders: 10 }));
  return { workers, seed, world: of, seconds: 20, tenants: one ? [one] : [] };
}

function tenants(own: (isFirst: boolean) => Partial<Tenant>): Tenant[] {
  return Array.from({ length: TENANTS }, (_, index) => ({
    name: String(index + 1),
    files: 0,
    beginsAt: 0,
    vendor: "kongur",
    folders: 1,
    ...own(index === 0),
  }));
}
