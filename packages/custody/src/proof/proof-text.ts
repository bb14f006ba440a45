import { ExhibitError } from "@exhibit/contracts";
import { digestOf, type HexDigest } from "../digest/digest.ts";
import { readSeal, type Seal } from "../register/seal-text.ts";
import { rootByPath } from "../tree/inclusion.ts";
import { leafHash } from "../tree/merkle-tree.ts";

/** What proves that one receipt belongs to a seal, and shows nothing of the others. */
export interface Proof {
  /** SHA-256 of the seal's text. */
  seal: HexDigest;
  /** The receipt's place in `receipts.ndjson`, from 0. */
  index: number;
  leaves: number;
  /** Its line, as canonical JSON. */
  receipt: string;
  path: readonly HexDigest[];
  /** The path in the tree by SM3; empty where the seal has none. */
  pathSm3: readonly HexDigest[];
}

/** Returns a proof as the text that `prove.sh` reads. */
export function writeProof({ seal, index, leaves, receipt, path, pathSm3 }: Proof): string {
  const lines = [
    "Exhibit proof 1",
    `Seal: ${seal}`,
    `Index: ${index}`,
    `Leaves: ${leaves}`,
    `Receipt: ${receipt}`,
    ...path.map((node) => `Path: ${node}`),
    ...pathSm3.map((node) => `Path SM3: ${node}`),
  ];
  return `${lines.join("\n")}\n`;
}

const PROOF =
  /^Exhibit proof 1\nSeal: ([0-9a-f]{64})\nIndex: (\d{1,15})\nLeaves: (\d{1,15})\nReceipt: ([^\n]+)\n((?:Path: [0-9a-f]{64}\n)*)((?:Path SM3: [0-9a-f]{64}\n)*)$/;

/** Reads a proof's text. Throws PROOF_INVALID for anything else. */
export function readProof(text: string): Proof {
  const [, seal, index, leaves, receipt, path, pathSm3] = PROOF.exec(text) ?? [];
  if (seal === undefined || receipt === undefined)
    throw new ExhibitError("PROOF_INVALID", "This isn't a proof of Exhibit.");
  return {
    seal,
    index: Number(index),
    leaves: Number(leaves),
    receipt,
    path: nodesOf(path),
    pathSm3: nodesOf(pathSm3),
  };
}

function nodesOf(lines = ""): HexDigest[] {
  return Array.from(lines.matchAll(/[0-9a-f]{64}/g), ([node]) => node);
}

/**
 * Checks that a proof's receipt is part of the seal, whose text is given. Returns the seal; throws
 * PROOF_INVALID with what is wrong. Whose seal it is, its signature and its stamps have to be
 * checked apart.
 */
export function checkProof(proof: Proof, sealText: string): Seal {
  const seal = readSeal(sealText);
  if (digestOf(sealText) !== proof.seal) throw invalid("The proof belongs to another seal");
  if (seal.leaves !== proof.leaves)
    throw invalid(`The proof is of ${proof.leaves} receipts, and the seal of ${seal.leaves}`);
  const root = rootByPath({ ...proof, leaf: leafHash(proof.receipt) });
  if (root !== seal.root) throw invalid("The receipt is not part of the seal");
  const leafSm3 = leafHash(proof.receipt, "sm3");
  const rootSm3 = rootByPath({ ...proof, leaf: leafSm3, path: proof.pathSm3 }, "sm3");
  if (seal.rootSm3 !== undefined && rootSm3 !== seal.rootSm3)
    throw invalid("By SM3, the receipt is not part of the seal");
  return seal;
}

function invalid(what: string): ExhibitError {
  return new ExhibitError("PROOF_INVALID", `${what}.`);
}
