import type { ImportView } from "@exhibit/contracts";
import type { Random } from "@exhibit/testkit";
import type { Deployment, DeploymentKind } from "./deployment/deployment.ts";
import type { Evidence, EvidenceShape } from "./evidence.ts";
import type { Fault } from "./fault.ts";

/** What a scenario acts with, while an import of its own is under way. */
export interface Stage {
  readonly deployment: Deployment;
  readonly random: Random;
  readonly evidence: Evidence;
  /** Imports of the evidence; a scenario may create more. */
  readonly importIds: string[];
  /** Resolves when this part of the files has its outcome, from 0 to 1. */
  recorded(part: number): Promise<void>;
  /** Resolves when the sources are walked to their end. */
  planned(): Promise<void>;
  /** Resolves when OSS has taken so many requests with bytes of the evidence. */
  sent(count: number): Promise<void>;
  /** The first import, or another one, when nothing of it runs any more. */
  rested(importId?: string): Promise<ImportView>;
  /** Imports the evidence once more, and gives the import's id. */
  create(): Promise<string>;
  /** What a person does to the first import. */
  act(name: "retry" | "cancel" | "waive", body: object): Promise<void>;
  /** Lets a fault last for so many seconds, and measures how long it takes until work goes on. */
  inject(fault: Fault, seconds: number): Promise<void>;
}

/** What has to come of the first import. */
export interface Expected {
  status: "sealed" | "attention" | "cancelled";
  /** Codes that files may be listed with, and no others. */
  codes?: readonly string[];
  /** Bytes. */
  resentAtMost?: number;
}

export interface Scenario {
  readonly name: string;
  /** One sentence: what breaks. */
  readonly about: string;
  /** @defaultValue fleet */
  readonly deployment?: DeploymentKind;
  /** Part of `npm test`. */
  readonly isShort?: true;
  readonly shape?: Partial<EvidenceShape>;
  /** Milliseconds that every request to OSS takes longer, so that there is a middle to break in. @defaultValue 600 */
  readonly pace?: number;
  /** @defaultValue sealed, with no file failed */
  readonly expected?: Expected;
  play(stage: Stage): Promise<void>;
}

/** A scenario in which one fault strikes in the middle of an import. */
export function inTheMiddle(
  fault: Fault,
  about: string,
  { seconds = fault.lasts[0], ...more }: { seconds?: number } & Partial<Scenario> = {},
): Scenario {
  return {
    name: fault.kind,
    about,
    async play(stage) {
      await stage.recorded(0.2);
      await stage.inject(fault, seconds);
    },
    ...more,
  };
}
