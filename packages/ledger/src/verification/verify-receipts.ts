import { ExhibitError } from "@exhibit/contracts";
import type { Ledger } from "../ledger.ts";
import { readSealOf } from "../sealing/read-seal.ts";
import type { Sealer } from "../sealing/register.ts";
import { checkBlocks } from "./check-blocks.ts";
import { checkSeal } from "./check-seal.ts";
import { endVerification } from "./end-verification.ts";
import { ListMaker, makeLists } from "./list-maker.ts";
import { recordVerifiedPart, type VerificationWork } from "./verifications.ts";

/**
 * Finds out whether the ledger is what was sealed: goes over all entries of the import, part by part
 * from the first that isn't done, and then compares the seal. Lists and root are made on the way; for
 * a verification that goes on in the middle, once more in the end. Returns false if it isn't wanted any
 * more. Throws INTERRUPTED, SEAL_BROKEN if the seal itself is gone, and what `endVerification` throws.
 */
export async function verifyReceipts(
  ledger: Ledger,
  { number, importId, leaves, parts, partsDone }: VerificationWork,
  { sealer, signal }: { sealer: Sealer; signal: AbortSignal },
): Promise<boolean> {
  const seal = await readSealOf(ledger, importId);
  const newMaker = () => new ListMaker({ withSm3: /^Root SM3: /m.test(seal.text) });
  const maker = newMaker();
  let isWhole = partsDone === 0 && parts > 0;
  for (let part = partsDone; part < parts; part += 1) {
    checkWanted(signal);
    const found = await checkBlocks(ledger, seal, { part, parts, leaves }, (entry) =>
      maker.add(entry),
    );
    isWhole &&= found.isWhole;
    const done = { part, means: ["recomputing"], ...found };
    if (!(await recordVerifiedPart(ledger, number, done))) return false;
  }
  const made = isWhole
    ? maker.end()
    : await makeLists(ledger, seal, newMaker(), () => checkWanted(signal));
  return await endVerification(ledger, number, {
    sealer,
    seal: await checkSeal(ledger, seal, made, sealer.stampRoots),
  });
}

function checkWanted(signal: AbortSignal): void {
  if (signal.aborted)
    throw new ExhibitError("INTERRUPTED", "The verification was stopped before it ended.", {
      cause: signal.reason,
    });
}
