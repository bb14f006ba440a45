import { randomBytes } from "node:crypto";
import { type Asking, askAuthority, type StampAuthority } from "./ask-authority.ts";

/** How an authority of time stamps does. */
export interface AuthorityCheck {
  readonly authority: string;
  /** `granted`: its stamp is in order; `unchecked`: it gave one that can't be checked here. */
  readonly outcome: "granted" | "unchecked" | "away" | "refused" | "invalid";
  /** Why there is no stamp. */
  readonly reason: string | null;
  /** By how many milliseconds its clock is ahead of ours. */
  readonly skew_ms: number | null;
  /** How long it took to answer, in milliseconds. */
  readonly took_ms: number;
}

/** Asks an authority for a stamp of something random, which stays nowhere. */
export async function checkAuthority(
  asking: Asking,
  authority: StampAuthority,
  signal: AbortSignal,
): Promise<AuthorityCheck> {
  const began = Date.now();
  const answer = await askAuthority(asking, authority, randomBytes(32).toString("hex"), signal);
  const base = { authority: authority.name, took_ms: Date.now() - began };
  signal.throwIfAborted();
  if (answer === undefined || "kind" in answer) {
    const { kind = "away" as const, reason = null } = answer ?? {};
    return { ...base, outcome: kind, reason, skew_ms: null };
  }
  const { checked } = answer;
  if (checked === undefined) return { ...base, outcome: "unchecked", reason: null, skew_ms: null };
  // Its time is one between question and answer.
  const skew = Math.round(checked.at.getTime() - (began + Date.now()) / 2);
  return { ...base, outcome: "granted", reason: null, skew_ms: skew };
}
