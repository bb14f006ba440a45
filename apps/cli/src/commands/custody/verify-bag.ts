import { checkBag } from "@exhibit/custody";
import { exitCodes } from "../../output/exit-codes.ts";
import { formatCount } from "../../output/format.ts";
import type { Terminal } from "../../output/terminal.ts";

/** How many findings are listed; all of them count. */
const SHOWN = 100;

/** Checks a bag and says what is wrong with it. Returns the exit code. */
export async function verifyBag(bag: string, terminal: Terminal): Promise<number> {
  const shown: unknown[] = [];
  const check = await checkBag(bag, (finding) => {
    if (shown.push(finding) > SHOWN) return void shown.pop();
    const { where, line, what } = finding;
    terminal.say(`${where}${line === undefined ? "" : ` line ${line}`}: ${what}.`);
  });
  const { seal, files, withheld, notFetched, proofs, findings } = check;
  if (findings > SHOWN) terminal.say(`… and ${formatCount(findings - SHOWN, "more finding")}.`);
  if (seal) {
    terminal.say(`Seal ${seal.number} of ${seal.register}, import ${seal.importId}`);
    terminal.say(
      `  ${formatCount(files, "file")}, ${formatCount(seal.leaves - withheld, "receipt")} of ${seal.leaves} shown, ${formatCount(proofs, "proof")}`,
    );
    terminal.say(seal.key === "none" ? "  not signed" : `  key ${seal.key}`);
  }
  if (notFetched > 0)
    terminal.say(
      `  ${formatCount(notFetched, "file")} not here: fetch.txt says where each of them is.`,
    );
  terminal.say(findings > 0 ? `NOT in order: ${formatCount(findings, "finding")}.` : "In order.");
  terminal.result({
    ...{ bag, findings, first_findings: shown, files, not_fetched: notFetched, withheld, proofs },
    ...(seal && { import_id: seal.importId, number: seal.number, key: seal.key, root: seal.root }),
  });
  if (findings > 0) return exitCodes.failed;
  return notFetched > 0 ? exitCodes.unread : exitCodes.done;
}
