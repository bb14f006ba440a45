import { type Deployment, startPatiently } from "../deployment/deployment.ts";
import type { DeploymentProcess } from "../deployment/deployment-process.ts";
import type { Fault } from "../fault.ts";

const target = "processes";

async function startAll(processes: readonly DeploymentProcess[]): Promise<void> {
  await Promise.all(processes.map(startPatiently));
}

function killed(
  kind: string,
  victimsOf: (deployment: Deployment, worker: DeploymentProcess) => readonly DeploymentProcess[],
): Fault {
  return {
    kind,
    target,
    lasts: [1, 4],
    async begin({ deployment, random }) {
      const victims = victimsOf(deployment, random.pick(deployment.workers));
      await Promise.all(victims.map((one) => one.kill()));
      return () => startAll(victims);
    },
  };
}

export const processFaults: readonly Fault[] = [
  killed("worker-killed", (_, worker) => [worker]),
  killed("workers-killed", (deployment) => deployment.workers),
  killed("api-killed", (deployment) => [deployment.apiProcess]),
  killed("product-killed", (deployment) => deployment.product),
  {
    kind: "worker-stopped",
    target,
    lasts: [1, 4],
    async begin({ deployment, random }) {
      const worker = random.pick(deployment.workers);
      await worker.stop();
      return () => startPatiently(worker);
    },
  },
  {
    kind: "worker-frozen",
    target,
    lasts: [20, 40],
    async begin({ deployment, random }) {
      const worker = random.pick(deployment.workers);
      worker.freeze();
      return async () => worker.thaw();
    },
  },
];
