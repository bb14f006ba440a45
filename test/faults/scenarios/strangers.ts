import { checkRefused } from "../kinds/strangers.ts";
import type { Scenario } from "../scenario.ts";

export const strangers: readonly Scenario[] = [
  {
    name: "another-world",
    about: "A live deployment's worker and `up` are started on a trial's servers.",
    isShort: true,
    async play({ deployment, recorded }) {
      await recorded(0.2);
      const ways = ["worker", "up"] as const;
      const tries = ways.map(async (way) => checkRefused(way, await deployment.stranger(way)));
      await Promise.all(tries);
    },
  },
];
