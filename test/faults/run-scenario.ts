import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "@exhibit/testkit/random";
import type { Deployment } from "./deployment/deployment.ts";
import { type Evidence, type EvidenceShape, makeEvidence } from "./evidence.ts";
import type { Facts } from "./oracle/facts.ts";
import { gatherFacts } from "./oracle/gather.ts";
import { judge } from "./oracle/oracle.ts";
import { untilNextRecorded, untilRecorded } from "./recovery.ts";
import type { Expected, Scenario, Stage } from "./scenario.ts";

export interface ScenarioResult {
  name: string;
  about: string;
  /** Why it failed; empty when it passed. */
  problems: string[];
  files: number;
  /** The seconds from each fault's end until the next outcome was recorded. */
  recovered: number[];
  /** The seconds from the end of the last fault or action until the import rested. */
  ended: number;
  /** The bytes that requests announced beyond those of the objects. */
  resentBytes: number;
  /** Multipart uploads that only a lifecycle rule can end. */
  unheardUploads: number;
  /** The duration of the scenario. */
  seconds: number;
}

const usualShape: EvidenceShape = { folders: 24, files: 1200, large: 3 };
const USUAL_PACE = 600;
const END_MS = 300_000;

let runs = 0;

/** Plays one scenario in a healthy deployment, and has the oracle judge the result. */
export async function runScenario(
  deployment: Deployment,
  scenario: Scenario,
  seed: number,
): Promise<ScenarioResult> {
  const began = performance.now();
  const random = createRandom(seed);
  const shape = { ...usualShape, ...scenario.shape };
  const evidence = await makeEvidence(deployment.root, `E${seed}-${++runs}`, shape, random);
  await deployment.sandbox.pace(scenario.pace ?? USUAL_PACE);
  const first = await deployment.api.create(evidence.request);
  const recovered: number[] = [];
  const stage = stageOf(deployment, evidence, first.import_id, recovered, random);
  const problems: string[] = [];
  const played = scenario.play(stage).catch((error: unknown) => {
    problems.push(`the scenario itself failed: ${String(error)}`);
  });
  await played;
  const healed = performance.now();
  await deployment.restore();
  await deployment.sandbox.pace(0);
  await untilAllRest(deployment, stage.importIds);
  const ended = (performance.now() - healed) / 1000;
  if (recovered.includes(Number.POSITIVE_INFINITY))
    problems.push("work didn't go on when the fault had ended");
  const facts = await gatherFacts(deployment, [{ evidence, importIds: stage.importIds }]);
  problems.push(...judge(facts).map(({ name, what }) => `${name}: ${what}`));
  problems.push(...unexpected(facts, first.import_id, scenario.expected ?? { status: "sealed" }));
  return {
    name: scenario.name,
    about: scenario.about,
    problems,
    files: evidence.files.length,
    recovered,
    ended,
    resentBytes: resentBytes(facts),
    unheardUploads: facts.unheardUploads,
    seconds: (performance.now() - began) / 1000,
  };
}

function stageOf(
  deployment: Deployment,
  evidence: Evidence,
  importId: string,
  recovered: number[],
  random: Stage["random"],
): Stage {
  const importIds = [importId];
  const { api, requests } = deployment;
  return {
    deployment,
    random,
    evidence,
    importIds,
    recorded: (part) =>
      untilRecorded(deployment, importIds, Math.ceil(evidence.files.length * part)),
    async planned() {
      while ((await api.get(importId)).status === "planning") await sleep(20);
    },
    async sent(count) {
      const isOurs = ({ key }: { key: string }) => key.startsWith(evidence.prefix);
      while (requests.sent.filter(isOurs).length < count) {
        await sleep(50);
        await requests.catchUp();
      }
    },
    async rested(id = importId) {
      await untilRecorded(deployment, [id], Number.POSITIVE_INFINITY);
      return api.get(id);
    },
    async create() {
      const { import_id } = await api.create(evidence.request);
      importIds.push(import_id);
      return import_id;
    },
    retry: async () => void (await api.retry(importId)),
    cancel: async () => void (await api.cancel(importId, { why: "It was the wrong case." })),
    waive: async (why) => void (await api.waive(importId, { why })),
    async inject(fault, seconds) {
      const end = await fault.begin({ deployment, random, targets: [{ importId, evidence }] });
      await sleep(seconds * 1000);
      const [milliseconds] = await Promise.all([untilNextRecorded(deployment, importIds), end()]);
      if (milliseconds !== undefined) recovered.push(milliseconds / 1000);
    },
  };
}

/** Waits until all imports rest, or a while: the oracle reports those that don't. */
async function untilAllRest(deployment: Deployment, importIds: readonly string[]): Promise<void> {
  await Promise.race([
    untilRecorded(deployment, importIds, Number.POSITIVE_INFINITY),
    sleep(END_MS, undefined, { ref: false }),
  ]);
}

function unexpected(facts: Facts, importId: string, expected: Expected): string[] {
  const found = facts.imports.find(({ id }) => id === importId);
  const failed = (found?.files ?? []).filter(({ state }) => state === "failed");
  const codes = new Set(failed.map(({ code }) => code ?? "none"));
  const allowed = new Set(expected.codes ?? []);
  return [
    ...(found?.status === expected.status
      ? []
      : [`the import is ${found?.status}, not ${expected.status}`]),
    ...[...codes].filter((code) => !allowed.has(code)).map((code) => `files failed with ${code}`),
    ...(resentBytes(facts) <= (expected.resentAtMost ?? Number.POSITIVE_INFINITY)
      ? []
      : [`${resentBytes(facts)} bytes were sent again, more than ${expected.resentAtMost}`]),
  ];
}

export function resentBytes({ sent, objects }: Pick<Facts, "sent" | "objects">): number {
  const announced = sent.reduce((sum, { bytes }) => sum + bytes, 0);
  return Math.max(0, announced - objects.reduce((sum, { size }) => sum + size, 0));
}
