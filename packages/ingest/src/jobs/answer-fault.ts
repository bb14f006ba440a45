/** Why a server that was asked for something didn't give it. */
export interface AnswerFault {
  /** `away`: it can't for the moment. */
  readonly kind: "away" | "refused";
  readonly reason: string;
}

/** Statuses of a server that can't for the moment, besides 5xx. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);

/** Returns what a status says is wrong; undefined for 2xx. */
export function answerFault(status: number): AnswerFault | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status >= 500 || PASSING.has(status))
    return { kind: "away", reason: `it answered ${status}` };
  const isRedirect = status >= 300 && status < 400;
  const redirect = isRedirect ? ": redirects aren't followed" : "";
  return { kind: "refused", reason: `it answered ${status}${redirect}` };
}
