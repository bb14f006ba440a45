import { type Fault, overAtOnce } from "../fault.ts";
import type { StrangerCommand, StrangersEnd } from "../stranger.ts";

const ways: readonly StrangerCommand[] = ["worker", "api", "up"];

/** Nothing that goes on may break by it; that it is refused is looked at here. */
export const strangerFaults: readonly Fault[] = [
  {
    kind: "another-world",
    target: "strangers",
    lasts: [0, 0],
    async begin({ house, dice }) {
      // The folder of an embedded house is locked: it doesn't get as far as the ledger.
      const isFleet = house.kind === "fleet";
      const command = isFleet ? dice.pick(ways) : "up";
      const end = await house.stranger(command);
      // While other things are broken, too, there may be no ledger to ask.
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
