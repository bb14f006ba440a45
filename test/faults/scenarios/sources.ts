import { setTimeout as sleep } from "node:timers/promises";
import { toArray } from "@exhibit/client";
import type { Evidence, EvidenceFile } from "../evidence.ts";
import { faultOf } from "../kinds/index.ts";
import { inTheMiddle, type Scenario } from "../scenario.ts";

/** Workers notice within a second or so that a vendor is paused. */
const SET_DOWN_MS = 4_000;

/** One file of each folder is struck when all are planned; those that were sent already are stored as they were. */
function betweenPlanAndSending(
  name: string,
  about: string,
  inject: (evidence: Evidence, file: EvidenceFile) => Promise<void>,
  codes: readonly string[],
): Scenario {
  return {
    name,
    about,
    expected: { status: "attention", codes },
    async play({ evidence, planned }) {
      await planned();
      for (const file of lastOfEachFolder(evidence)) await inject(evidence, file);
    },
  };
}

function lastOfEachFolder({ files }: Evidence): Iterable<EvidenceFile> {
  return new Map(files.map((file) => [file.source, file])).values();
}

export const sources: readonly Scenario[] = [
  {
    ...betweenPlanAndSending(
      "source-changed",
      "Files are changed between planning and sending.",
      (evidence, file) => evidence.change(file),
      ["SOURCE_CHANGED"],
    ),
    isShort: true,
  },
  betweenPlanAndSending(
    "source-truncated",
    "Files are cut to half their length between planning and sending.",
    (evidence, file) => evidence.truncate(file),
    ["SOURCE_CHANGED"],
  ),
  betweenPlanAndSending(
    "source-grown",
    "Files grow between planning and sending.",
    (evidence, file) => evidence.grow(file),
    ["SOURCE_CHANGED"],
  ),
  betweenPlanAndSending(
    "source-deleted",
    "Files are deleted between planning and sending.",
    (evidence, file) => evidence.remove(file),
    ["SOURCE_NOT_FOUND"],
  ),
  {
    name: "source-renamed",
    about: "Files are renamed between planning and sending, and a person retries.",
    expected: { status: "attention", codes: ["SOURCE_NOT_FOUND"] },
    async play({ deployment, evidence, importIds, planned, rested, retry }) {
      await deployment.api.pauseVendor("kongur");
      await planned();
      // What workers had in hand is set down, or stored under its old name.
      await sleep(SET_DOWN_MS);
      const files = await toArray(deployment.api.files(importIds[0] ?? ""));
      const waiting = new Set(
        files.flatMap(({ state, path }) => (state === "planned" ? path : [])),
      );
      for (const file of [...lastOfEachFolder(evidence)])
        if (waiting.has(file.path)) await evidence.rename(file);
      await deployment.api.resumeVendor("kongur");
      await rested();
      await retry();
    },
  },
  inTheMiddle(
    faultOf("vanished-mount"),
    "The share that is imported from vanishes for some seconds: its mount point is an empty folder.",
    { seconds: 5 },
  ),
  {
    name: "mount-stays-away",
    about:
      "The share vanishes for longer than the attempts last; a person mounts it again and retries.",
    async play({ evidence, recorded, rested, retry }) {
      await recorded(0.2);
      const mountAgain = await evidence.unmount();
      await rested();
      await mountAgain();
      await retry();
    },
  },
  betweenPlanAndSending(
    "source-unreadable",
    "Files can't be read any more: folders lie in their place.",
    (evidence, file) => evidence.makeUnreadable(file),
    ["SOURCE_UNREADABLE"],
  ),
];
