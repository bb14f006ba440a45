import {
  type Ledger,
  readQuestionLabels,
  readWebhookLabels,
  readWorkLabels,
  type WebhookLabel,
} from "@exhibit/ledger";
import { kindOfWork, labelOf } from "../jobs/work-labels.ts";
import type { Question } from "../questions/question.ts";

/**
 * Returns what jobs are about, in words, by job id: a job itself carries only its id. Ids that the
 * ledger doesn't know are left out.
 */
export type JobLabels = (queue: string, ids: readonly string[]) => Promise<Map<string, string>>;

export function createJobLabels(ledger: Ledger): JobLabels {
  return async (queue, ids) => {
    if (queue === "stamp") return new Map(ids.map((id) => [id, `time stamps of ${id}`]));
    if (queue === "deposit") return new Map(ids.map((id) => [id, depositLabelOf(id)]));
    if (queue === "deliver") {
      const labels = await readWebhookLabels(ledger, ids);
      return new Map(labels.map((label) => [label.id, webhookLabelOf(label)]));
    }
    if (queue === "answer") {
      const questions = await readQuestionLabels(ledger, ids);
      return new Map(questions.map((asked) => [asked.id, questionLabelOf(asked)]));
    }
    const kind = kindOfWork(queue);
    const labels = kind === undefined ? [] : await readWorkLabels(ledger, kind, ids);
    return new Map(labels.map((label) => [label.id, labelOf(label)]));
  };
}

/** Returns who is to keep something, in words: `deposits beside the evidence of kongur` */
function depositLabelOf(receiver: string): string {
  const [, vendor] = /^vendor (.+)$/.exec(receiver) ?? [];
  return vendor === undefined
    ? `deposits with the third party by ${receiver}`
    : `deposits beside the evidence of ${vendor}`;
}

/** Returns where a webhook's events go, and what it is told next: `portal.test: import.sealed of E-77, import …` */
function webhookLabelOf({ url, event, work, waiting }: Omit<WebhookLabel, "id">): string {
  // The rest of the address may hold a secret of its receiver.
  const { host } = new URL(url);
  if (event === null) return host;
  const of = work === null ? "" : ` of ${labelOf({ ...work, vendor: null, selector: null })}`;
  return `${host}: ${event}${of}${waiting > 1 ? `, and ${waiting - 1} more` : ""}`;
}

/** Returns what the workers are asked, and by whom: `dry run of E-77, for key:portal` */
function questionLabelOf({ asked_by, question }: { asked_by: string; question: string }): string {
  return `${subjectOf(JSON.parse(question) as Question)}, for ${asked_by}`;
}

function subjectOf(question: Question): string {
  if (question.kind === "source_folders") return `folders of ${question.path ?? "the roots"}`;
  if (question.kind === "dry_run") {
    const { entrust_id, folders } = question.request;
    return ["dry run of", entrust_id ?? `${folders.length} folders`].join(" ");
  }
  const { vendor, folder } = question.of;
  return ["check of", vendor, ...Object.entries(folder).map((pair) => pair.join("="))].join(" ");
}
