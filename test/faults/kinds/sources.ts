import type { Evidence, EvidenceFile } from "../evidence.ts";
import { type Fault, overAtOnce } from "../fault.ts";

type Change = "change" | "truncate" | "grow" | "remove" | "makeUnreadable";

function tampering(kind: string, change: Change): Fault {
  return {
    kind,
    target: "sources",
    lasts: [0, 0],
    async begin({ targets, random }) {
      if (targets.length === 0) return overAtOnce;
      const { evidence } = random.pick(targets);
      for (let count = 0; count < 3; count += 1)
        await tamper(evidence, random.pick(evidence.files), change);
      return overAtOnce;
    },
  };
}

const vanishedMount: Fault = {
  kind: "vanished-mount",
  target: "sources",
  // All attempts of a job take 15 seconds at least.
  lasts: [2, 8],
  async begin({ targets, random }) {
    if (targets.length === 0) return overAtOnce;
    return await random.pick(targets).evidence.unmount();
  },
};

/** Changes a file unless it was changed before. */
async function tamper(evidence: Evidence, file: EvidenceFile, change: Change): Promise<void> {
  if (file.isTampered) return;
  await evidence[change](file);
}

export const sourceFaults: readonly Fault[] = [
  tampering("source-changed", "change"),
  tampering("source-truncated", "truncate"),
  tampering("source-grown", "grow"),
  tampering("source-deleted", "remove"),
  tampering("source-unreadable", "makeUnreadable"),
  vanishedMount,
];
