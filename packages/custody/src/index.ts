export { type BagFile, bagFiles } from "./bag/bag-files.ts";
export { type BagInfo, readBagInfo, writeBagInfo } from "./bag/bag-info.ts";
export { type BagNames, bagNames, bagPath, isInside } from "./bag/names.ts";
export { digestFile, entriesBelow } from "./bag/payload.ts";
export { entriesOf, type TarEntry, tarOf, unpackTar } from "./bag/tar.ts";
export { type BagOrder, type BagParts, writeBag } from "./bag/write-bag.ts";
export { type BagCheck, checkBag } from "./check/check-bag.ts";
export type { JournalOfBag, VerificationOfBag } from "./check/check-entries.ts";
export type { Authorities, StampOfBag } from "./check/check-stamps.ts";
export type { Finding } from "./check/finding.ts";
export { type DigestName, digestOf, type HexDigest } from "./digest/digest.ts";
export { canonicalJson, type JsonValue } from "./lines/canonical-json.ts";
export { digestLine } from "./lines/digest-line.ts";
export { contentsOf, isListName, ListDigest, type ListName, listNames } from "./lines/lists.ts";
export { type ReceiptLine, receiptLine } from "./lines/receipt-line.ts";
export { saltsOf } from "./lines/salt.ts";
export { readReceiptLine, withheldLine } from "./lines/withheld.ts";
export { type PageName, pageNames, readPage } from "./page/page.ts";
export { checkProof, type Proof, readProof, writeProof } from "./proof/proof-text.ts";
export { firstHead, nextHead } from "./register/chain.ts";
export { type EntryText, readEntry } from "./register/entry-text.ts";
export { type JournalList, listField, stampLine, writeJournal } from "./register/journal-text.ts";
export { certificateOf, readCertificates } from "./register/key-certificate.ts";
export { type KeyEntry, writeKeyEntry } from "./register/key-text.ts";
export { readSeal, type Seal, writeSeal } from "./register/seal-text.ts";
export {
  isSignedBy,
  type KeyAlgorithm,
  keyIdOf,
  newSealKey,
  pemSigner,
  type Signer,
} from "./register/signing.ts";
export { type VerificationEntry, writeVerification } from "./register/verification-text.ts";
export { type Language, languages } from "./report/blocks.ts";
export { reportHtml } from "./report/html.ts";
export { reportPdf } from "./report/pdf.ts";
export { type Listed, MAX_REPORTED, type ReportParts, reportText } from "./report/report.ts";
export { readTrust, type Trust } from "./stamps/certificate.ts";
export {
  checkKeptStamp,
  checkStamp,
  type Stamp,
  type StampFault,
  tokenFault,
} from "./stamps/check-stamp.ts";
export { type StampRequest, stampRequest, writeStampRequest } from "./stamps/request.ts";
export { BLOCK_LEAVES, changedLeaves, MARK_BYTES, marksOf, pathByBlocks } from "./tree/blocks.ts";
export { type LeafMatch, matchLeaves } from "./tree/match-leaves.ts";
export { leafHash, MerkleTree, rootOf } from "./tree/merkle-tree.ts";
