import { ExhibitError, toExhibitError } from "@exhibit/contracts";
import { readEntry } from "@exhibit/custody";
import type { ClaimedDeposit } from "@exhibit/ledger";
import type { SafeFetch } from "@exhibit/safe-fetch";
import { answerFault } from "../jobs/answer-fault.ts";
import { withinTime } from "../jobs/within-time.ts";

/** A third party that is told of each entry of the register by a request. */
export interface AddressToTell {
  readonly url: string;
  /** Sent with each request; they may be secrets. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A third party that is told of each entry of the register by mail. */
export interface MailToTell {
  /** Sends a message. Throws ADDRESS_UNREACHABLE and DEPOSIT_REFUSED. */
  send(message: { subject: string; text: string }, signal: AbortSignal): Promise<void>;
}

/** Milliseconds within which it has to answer. */
const ANSWER_TIMEOUT_MS = 15_000;

/** What a third party is told of an entry: nothing of any case. */
interface Head {
  readonly register: string;
  readonly number: number;
  /** SHA-256 of the entry, in hexadecimal digits. */
  readonly digest: string;
  /** Of the chain after it. */
  readonly head: string;
  readonly at: string;
}

/** Returns what is told of an entry. */
export function headOf({ entry, text, digest, head, at }: ClaimedDeposit): Head {
  const register = readEntry(text).fields.find(([name]) => name === "Register")?.[1] ?? "";
  return { register, number: entry, digest, head, at: at.toISOString() };
}

/** Returns what a third party reads of an entry. */
export function mailOf({ register, number, digest, head, at }: Head): {
  subject: string;
  text: string;
} {
  const lines = [
    `Register: ${register}`,
    `Number: ${number}`,
    `Digest: ${digest}`,
    `Head: ${head}`,
    `At: ${at}`,
    "",
    "Please keep this message. Its head commits to this entry of the register and to all before it: whoever",
    "compares it later finds out whether anything was changed or taken away. It tells nothing of any case.",
    "请保存此邮件。其中的 Head 对登记簿的本条及此前全部条目作出承诺：日后据以比对，即可发现是否有条目被更改或删除。",
    "此邮件不包含任何案件信息。",
  ];
  return { subject: `${register}, entry ${number}`, text: `${lines.join("\n")}\n` };
}

/**
 * Tells a third party of an entry. Throws ADDRESS_UNREACHABLE while it can't be had, and DEPOSIT_REFUSED
 * if it doesn't want to know.
 */
export async function tellAddress(
  fetch: SafeFetch,
  { url, headers }: AddressToTell,
  head: Head,
  signal: AbortSignal,
): Promise<void> {
  const late = away(`it didn't answer within ${ANSWER_TIMEOUT_MS / 1000} s`);
  await withinTime({ milliseconds: ANSWER_TIMEOUT_MS, late, signal }, async (limited) => {
    using response = await fetch
      .fetch(url, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: Buffer.from(`${JSON.stringify(head)}\n`),
        signal: limited,
      })
      .catch((thrown: unknown) => {
        throw limited.aborted ? thrown : away(toExhibitError(thrown).message.replace(/\.$/, ""));
      });
    const fault = answerFault(response.status);
    if (fault === undefined) return;
    if (fault.kind === "away") throw away(fault.reason);
    const { reason } = fault;
    throw new ExhibitError("DEPOSIT_REFUSED", `The third party doesn't want to know: ${reason}.`);
  });
}

function away(reason: string): ExhibitError {
  return new ExhibitError(
    "ADDRESS_UNREACHABLE",
    `The third party can't be told for now: ${reason}.`,
  );
}
