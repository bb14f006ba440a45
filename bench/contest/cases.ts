import { createRandom } from "@exhibit/testkit/random";

/** The files that are sent, and how far away the bucket is. */
export interface Case {
  description: string;
  /** Returns the files' sizes in bytes. */
  sizes(): Iterable<number>;
  /** Milliseconds before each of the bucket's responses. */
  delay?: number;
  /** The unit of its speed. */
  unit: "files/s" | "MB/s";
  /** The goals for Exhibit's speed, all of which it should reach. */
  goals?: readonly Goal[];
  /** Contenders that are left out because they take too long. */
  without?: readonly string[];
}

/** A multiple of a contender's speed, or a speed. */
export type Goal = { times: number; contender: string } | { speed: number };

const KiB = 1024;
const MiB = 1024 * KiB;

export const cases: Record<string, Case> = {
  small: {
    description: "10,000 files of 32 KiB",
    sizes: () => same(10_000, 32 * KiB),
    unit: "files/s",
    goals: [
      { times: 3, contender: "ali-oss" },
      { times: 1.1, contender: "rclone" },
    ],
  },
  large: {
    description: "4 files of 256 MiB",
    sizes: () => same(4, 256 * MiB),
    unit: "MB/s",
    goals: [{ times: 1.2, contender: "rclone" }],
  },
  mix: {
    description: "20,000 files of log-normal sizes, 4 GB",
    sizes: () => logNormal(20_000, 4e9),
    unit: "files/s",
  },
  latency: {
    description: "10,000 files of 32 KiB, 20 ms before every response",
    sizes: () => same(10_000, 32 * KiB),
    delay: 20,
    unit: "files/s",
    goals: [{ speed: 4300 }],
  },
  many: { description: "100,000 files of 1 KiB", sizes: () => same(100_000, KiB), unit: "files/s" },
  million: {
    description: "1,000,000 files of 1 KiB",
    sizes: () => same(1_000_000, KiB),
    unit: "files/s",
    without: ["ali-oss", "rclone", "curl", "exhibit-embedded"],
  },
};

/** The cases of a quick run, which take less than a minute in all. */
export const quickCases: Record<string, Case> = {
  small: {
    description: "3,000 files of 32 KiB",
    sizes: () => same(3_000, 32 * KiB),
    unit: "files/s",
  },
  large: { description: "2 files of 128 MiB", sizes: () => same(2, 128 * MiB), unit: "MB/s" },
};

function* same(count: number, size: number): Generator<number> {
  for (let i = 0; i < count; i++) yield size;
}

/** Yields sizes as in a real case: most files are small, a few very large. They are the same in each run. */
function* logNormal(count: number, total: number): Generator<number> {
  const sigma = 2;
  const random = createRandom(1);
  const weights = Array.from({ length: count }, () => Math.exp(sigma * random.gaussian()));
  const sum = weights.reduce((a, b) => a + b, 0);
  for (const weight of weights) yield Math.max(1, Math.round((weight / sum) * total));
}
