import { startPatiently } from "../deployment/deployment.ts";
import { type Fault, overAtOnce } from "../fault.ts";
import { faultOf } from "../kinds/index.ts";
import { inTheMiddle, type Scenario } from "../scenario.ts";

/** Redis and Postgres included; all is started again at once, as after a power cut. */
const everythingKilled: Fault = {
  kind: "everything-killed",
  target: "processes",
  lasts: [2, 2],
  async begin({ deployment: { product, redis, postgres } }) {
    await Promise.all([...product, redis, postgres].map((one) => one.kill()));
    return async () => {
      await Promise.all([redis.up(), postgres.up()]);
      await Promise.all(product.map(startPatiently));
    };
  },
};

const MiB = 1024 * 1024;

export const crashes: readonly Scenario[] = [
  inTheMiddle(faultOf("worker-killed"), "One worker is killed (-9) and started again."),
  inTheMiddle(faultOf("workers-killed"), "All workers are killed (-9) and started again."),
  inTheMiddle(faultOf("api-killed"), "The API is killed (-9) and started again."),
  inTheMiddle(
    everythingKilled,
    "API, workers, Redis and Postgres are killed (-9) at once and started again.",
    { isShort: true },
  ),
  inTheMiddle(faultOf("worker-stopped"), "A worker is told to stop (SIGTERM) under load.", {
    isShort: true,
  }),
  inTheMiddle(faultOf("worker-frozen"), "A worker is frozen for 40 s, then goes on.", {
    seconds: 40,
    shape: { folders: 60, files: 6_000, large: 3 },
    pace: 1_500,
  }),
  {
    name: "large-upload-killed",
    about:
      "All workers are killed (-9) in the middle of a file of 120 MiB; its parts aren't sent again.",
    shape: { folders: 1, files: 1, large: 1, largeBytes: [120 * MiB, 120 * MiB] },
    pace: 1_000,
    // Those on their way at that moment, four at once, and nothing else.
    expected: { status: "sealed", resentAtMost: 5 * 6 * MiB },
    async play(stage) {
      // The upload's own beginning, and half of its parts.
      await stage.sent(11);
      await stage.inject(faultOf("workers-killed"), 1);
    },
  },
  inTheMiddle(
    faultOf("product-killed"),
    "An embedded deployment is killed (-9) and started again.",
    {
      name: "embedded-killed",
      deployment: "embedded",
    },
  ),
  inTheMiddle(
    faultOf("worker-stopped"),
    "An embedded deployment is told to stop and started again.",
    {
      name: "embedded-stopped",
      deployment: "embedded",
    },
  ),
  {
    name: "undisturbed",
    about: "Nothing breaks: what the others are compared with.",
    play: overAtOnce,
  },
];
