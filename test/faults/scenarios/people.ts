import assert from "node:assert/strict";
import type { Scenario, Stage } from "../scenario.ts";

/** Files are changed while they wait, so that the import rests in `attention`. */
async function toAttention({ evidence, planned, rested }: Stage): Promise<void> {
  await planned();
  for (const file of evidence.files.slice(-300)) await evidence.change(file);
  assert.equal((await rested()).status, "attention");
}

export const people: readonly Scenario[] = [
  {
    name: "cancelled",
    about: "A person cancels an import in the middle; nothing of it stays open.",
    isShort: true,
    shape: { folders: 24, files: 1200, large: 12 },
    expected: { status: "cancelled" },
    async play({ recorded, cancel, rested }) {
      await recorded(0.2);
      await cancel();
      await rested();
    },
  },
  {
    name: "cancelled-and-imported-again",
    about: "A person cancels an import and imports the same folders again.",
    async play({ recorded, cancel, create, rested }) {
      await recorded(0.2);
      await cancel();
      const again = await create();
      assert.equal((await rested(again)).status, "sealed");
    },
    expected: { status: "cancelled" },
  },
  {
    name: "retried",
    about: "A person retries what failed as its source had changed.",
    async play(stage) {
      await toAttention(stage);
      await stage.retry();
      await stage.rested();
    },
  },
  {
    name: "waived",
    about: "A person gives up what failed, and the import is sealed.",
    async play(stage) {
      await toAttention(stage);
      await stage.waive("They aren't evidence.");
      await stage.rested();
    },
  },
  {
    name: "imported-again",
    about: "The same folders are imported again: all is found identical.",
    pace: 0,
    async play({ evidence, create, rested }) {
      await rested();
      const again = await rested(await create());
      assert.equal(again.identical, evidence.files.length);
    },
  },
  {
    name: "imported-twice-at-once",
    about: "The same folders are imported twice at the same time.",
    async play({ create, rested }) {
      const other = await create();
      await rested();
      assert.equal((await rested(other)).status, "sealed");
    },
  },
];
