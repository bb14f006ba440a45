import type { DepositView } from "@exhibit/contracts";
import { formatTime, type TimeStyle } from "./format.ts";

const STAMP = /^stamp (.+)$/;

/** Returns what became of a deposit: `seal beside the evidence of folder 1, since 2026-11-30 01:02:03` */
export function depositWords(
  { to, part, state, at, error }: DepositView,
  style: TimeStyle,
): string {
  const authority = STAMP.exec(part)?.[1];
  const what = authority === undefined ? part : `stamp of ${authority}`;
  const where = to.startsWith("folder ")
    ? `beside the evidence of ${to}`
    : `with the third party by ${to}`;
  if (at !== null) return `${what} ${where}, since ${formatTime(new Date(at), style)}`;
  const words = `${what} ${state === "refused" ? "not taken" : "not yet"} ${where}`;
  return error === null ? words : `${words} (${error.replace(/\.$/, "")})`;
}
