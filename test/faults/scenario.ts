import type { ImportView } from "@exhibit/contracts";
import type { Random } from "@exhibit/testkit/random";
import type { Deployment, DeploymentKind } from "./deployment/deployment.ts";
import type { Evidence, EvidenceShape } from "./evidence.ts";
import type { Fault } from "./fault.ts";

/** What a scenario can do while its import is under way. */
export interface Stage {
  readonly deployment: Deployment;
  readonly random: Random;
  readonly evidence: Evidence;
  /** The imports of the evidence; a scenario may create more. */
  readonly importIds: string[];
  /** Resolves when this part of the files, from 0 to 1, has an outcome. */
  recorded(part: number): Promise<void>;
  /** Resolves when all sources are planned. */
  planned(): Promise<void>;
  /** Resolves when OSS has received so many requests with bytes of the evidence. */
  sent(count: number): Promise<void>;
  /** Resolves with the first import, or another one, when it rests. */
  rested(importId?: string): Promise<ImportView>;
  /** Imports the evidence again, and returns the import's id. */
  create(): Promise<string>;
  /** Retries what failed in the first import. */
  retry(): Promise<void>;
  /** Cancels the first import. */
  cancel(): Promise<void>;
  /** Waives what failed in the first import. */
  waive(why: string): Promise<void>;
  /** Injects a fault for so many seconds, and measures how long work takes to continue. */
  inject(fault: Fault, seconds: number): Promise<void>;
}

/** The required result of the first import. */
export interface Expected {
  status: "sealed" | "attention" | "cancelled";
  /** The only codes that files may be listed with. */
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
  /** Whether it is part of `npm run test:long`. */
  readonly isShort?: true;
  readonly shape?: Partial<EvidenceShape>;
  /** A delay of every request to OSS in milliseconds, so that faults hit the middle of an import. @defaultValue 600 */
  readonly pace?: number;
  /** @defaultValue sealed, with no file failed */
  readonly expected?: Expected;
  play(stage: Stage): Promise<void>;
}

/** Returns a scenario in which one fault happens in the middle of an import. */
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
