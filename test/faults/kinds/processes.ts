import type { Fault } from "../fault.ts";
import { type House, startPatiently } from "../house.ts";
import type { HouseProcess } from "../house-process.ts";

const target = "processes";

async function startAll(processes: readonly HouseProcess[]): Promise<void> {
  await Promise.all(processes.map(startPatiently));
}

function killed(
  kind: string,
  victimsOf: (house: House, worker: HouseProcess) => readonly HouseProcess[],
): Fault {
  return {
    kind,
    target,
    lasts: [1, 4],
    async begin({ house, dice }) {
      const victims = victimsOf(house, dice.pick(house.workers));
      await Promise.all(victims.map((one) => one.kill()));
      return () => startAll(victims);
    },
  };
}

export const processFaults: readonly Fault[] = [
  killed("worker-killed", (_, worker) => [worker]),
  killed("workers-killed", (house) => house.workers),
  killed("api-killed", (house) => [house.apiProcess]),
  killed("product-killed", (house) => house.product),
  {
    kind: "worker-stopped",
    target,
    lasts: [1, 4],
    async begin({ house, dice }) {
      const worker = dice.pick(house.workers);
      await worker.stop();
      return () => startPatiently(worker);
    },
  },
  {
    kind: "worker-frozen",
    target,
    lasts: [20, 40],
    async begin({ house, dice }) {
      const worker = dice.pick(house.workers);
      worker.freeze();
      return async () => worker.thaw();
    },
  },
];
