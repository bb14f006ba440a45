import { generateKeyPairSync } from "node:crypto";
import {
  leafHash,
  pemSigner,
  receiptLine,
  rootOf,
  type Seal,
  type Signer,
  saltsOf,
} from "../src/index.ts";

/** Returns receipt lines of files in one folder, with everything that a name can hold. */
export function receiptsOf(paths: readonly string[]): string[] {
  const salt = saltsOf(Buffer.alloc(32, 7));
  return paths.map((path) =>
    receiptLine({
      folder: 1,
      source: "/evidence/1001",
      path,
      vendor: "kongur",
      state: "stored",
      size: 3,
      salt: salt(`1/${path}`),
      key: `suit/1001/${path}`,
      stored_at: "2026-11-30T01:00:00.000Z",
      sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      crc64: "3231342946509354535",
    }),
  );
}

/** Returns a seal over receipt lines. */
export function sealOver(lines: readonly string[], changes: Partial<Seal> = {}): Seal {
  return {
    register: "exhibit.example/0193b1c2",
    number: 2,
    headBefore: "7cb5859545288d3de6cd5f7fd94482385db4704fdc99a3320ebbc95ebf3f76a6",
    importId: "0193b1c2-6f00-7000-8000-000000000001",
    outcome: "sealed",
    createdAt: "2026-11-30T00:59:59.000Z",
    sealedAt: "2026-11-30T01:02:00.000Z",
    files: lines.length,
    bytes: 3 * lines.length,
    stored: lines.length,
    identical: 0,
    waived: 0,
    skipped: 0,
    leaves: lines.length,
    root: rootOf(lines.map((line) => leafHash(line))),
    contents: "1ca46e7a8abb8175d62e372c7daf8447bfc89aaf1f3dca2283311d4b13da4a65",
    key: "none",
    madeBy: "exhibit 0.2.0",
    ...changes,
  };
}

/** Returns what signs by a new key. */
export function newSigner(type: "ec" | "rsa" | "ed25519"): Signer {
  const signer = pemSigner(newKey(type));
  if (typeof signer === "string") throw new Error(signer);
  return signer;
}

/** Returns a new private key in PEM. */
function newKey(type: "ec" | "rsa" | "ed25519"): string {
  const pair =
    type === "ec"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : type === "rsa"
        ? generateKeyPairSync("rsa", { modulusLength: 2048 })
        : generateKeyPairSync("ed25519");
  return pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}
