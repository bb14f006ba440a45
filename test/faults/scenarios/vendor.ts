import assert from "node:assert/strict";
import { toArray } from "@exhibit/client";
import { faultOf } from "../kinds/index.ts";
import { vendorMoves } from "../kinds/vendor.ts";
import { inTheMiddle, type Scenario, type Stage } from "../scenario.ts";

/** The vendor leads elsewhere in the middle, until the import rests in `attention`; what it gives has it lead back. */
async function movedInTheMiddle({ deployment, random, recorded, rested }: Stage) {
  await recorded(0.2);
  // Of no import: whether it is retried is the scenario's to say.
  const leadBack = await vendorMoves.begin({ deployment, random, targets: [] });
  assert.equal((await rested()).status, "attention");
  return leadBack;
}

export const vendor: readonly Scenario[] = [
  inTheMiddle(faultOf("vendor-down"), "The vendor's gateway answers 502 for 10 s.", {
    seconds: 10,
  }),
  inTheMiddle(faultOf("vendor-unavailable"), "The vendor's service can't be reached for 10 s.", {
    seconds: 10,
  }),
  inTheMiddle(faultOf("vendor-reset"), "The vendor's gateway cuts connections for 10 s.", {
    seconds: 10,
  }),
  inTheMiddle(faultOf("vendor-throttled"), "The vendor's gateway asks for a pause of 5 s.", {
    seconds: 8,
  }),
  inTheMiddle(faultOf("vendor-slow"), "The vendor's gateway takes 3 s for an answer.", {
    seconds: 8,
  }),
  inTheMiddle(faultOf("vendor-malformed"), "The vendor's answers end in the middle.", {
    seconds: 5,
  }),
  {
    name: "vendor-moves",
    about: "The vendor's answers lead elsewhere in the middle, and back: the folders stop.",
    expected: { status: "attention", codes: ["DESTINATION_CHANGED"] },
    async play(stage) {
      const leadBack = await movedInTheMiddle(stage);
      await leadBack();
    },
  },
  {
    name: "vendor-moves-and-is-retried",
    about: "A person retries when the vendor leads back to where the folders' files went.",
    isShort: true,
    async play(stage) {
      const leadBack = await movedInTheMiddle(stage);
      await stage.retry();
      assert.equal((await stage.rested()).status, "attention");
      await leadBack();
      await stage.retry();
      await stage.rested();
    },
  },
  {
    name: "vendor-moved-for-good",
    about: "A person accepts the new place of each folder.",
    // An upload at the old place could be aborted by a lease for that only.
    shape: { large: 0 },
    async play(stage) {
      const leadBack = await movedInTheMiddle(stage);
      const [importId = ""] = stage.importIds;
      const { api } = stage.deployment;
      for (const { folder_id, offered } of await toArray(api.folders(importId))) {
        if (offered === null) continue;
        const why = "The fault suite has seen it.";
        await api.acceptDestination(importId, folder_id, { ...offered, why });
      }
      assert.equal((await stage.rested()).status, "sealed");
      await leadBack();
    },
  },
];
