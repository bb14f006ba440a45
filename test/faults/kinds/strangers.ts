import type { StrangerCommand, StrangersEnd } from "../deployment/stranger.ts";
import { type Fault, overAtOnce } from "../fault.ts";

const ways: readonly StrangerCommand[] = ["worker", "api", "up"];

/** Processes of another world. Nothing may break by them; here it is checked that they are refused. */
export const strangerFaults: readonly Fault[] = [
  {
    kind: "another-world",
    target: "strangers",
    lasts: [0, 0],
    async begin({ deployment, random }) {
      // The folder of an embedded deployment is locked: it doesn't get as far as the ledger.
      const isFleet = deployment.kind === "fleet";
      const command = isFleet ? random.pick(ways) : "up";
      const end = await deployment.stranger(command);
      // While other things are broken there may be no ledger to ask.
      if (end.code === 3 || (!isFleet && end.code === 2)) return overAtOnce;
      checkRefused(command, end);
      return overAtOnce;
    },
  },
];

export function checkRefused(command: StrangerCommand, { code, output }: StrangersEnd): void {
  if (code === 2 && output.includes("WORLD_MISMATCH")) return;
  throw new Error(`"exhibit ${command}" of another world wasn't refused: ${code} ${output}`);
}
