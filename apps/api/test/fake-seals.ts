import type {
  DepositView,
  RegisterEntry,
  SealKeyView,
  SealView,
  StampView,
  VerificationView,
} from "@exhibit/contracts";
import type { Seals } from "@exhibit/ingest";

const digest = "f4b7872ed58afb66f3d3826a107159546a9917f0320935d0c1f84221c7a7d5cc";

const stamp: StampView = {
  authority: "sandbox",
  state: "granted",
  at: "2026-01-02T03:04:07.000Z",
  error: null,
};

const deposit: DepositView = {
  to: "folder 1",
  part: "seal",
  state: "deposited",
  at: "2026-01-02T03:04:08.000Z",
  error: null,
};

export const sealView: SealView = {
  import_id: "0f8fad5b-d9cb-469f-a165-70867728950e",
  number: 2,
  register: "exhibit.example/0193b1c2",
  outcome: "sealed",
  state: "stamped",
  sealed_at: "2026-01-02T03:04:06.000Z",
  digest,
  root: digest,
  leaves: 2,
  files: 2,
  bytes: 3,
  stored: 1,
  identical: 0,
  waived: 1,
  skipped: 0,
  key: digest,
  distrusted: null,
  stamps: [stamp],
  stamped_as: 2,
  deposits: [deposit],
  made_by: "exhibit 0.2.0",
  parts: ["seal.txt", "receipts.ndjson"],
};

export const registerEntry: RegisterEntry = {
  number: 2,
  kind: "seal",
  import_id: "0f8fad5b-d9cb-469f-a165-70867728950e",
  at: "2026-01-02T03:04:06.000Z",
  digest,
  head: digest,
  key: digest,
  stamps: [stamp],
  deposits: [deposit],
};

const sealKey: SealKeyView = {
  key: digest,
  algorithm: "ecdsa-p256",
  public_pem: "-----BEGIN PUBLIC KEY-----\n",
  since: 1,
  until: null,
  distrusted: null,
};

export const verificationView: VerificationView = {
  number: 3,
  import_id: "0f8fad5b-d9cb-469f-a165-70867728950e",
  seal: { number: 2, digest },
  against: "oss",
  by: "head",
  means: ["head"],
  sample: null,
  folder: null,
  states: null,
  rate: null,
  why: null,
  requested_by: "api",
  state: "ended",
  outcome: "same",
  created_at: "2026-01-02T03:04:06.000Z",
  ended_at: "2026-01-02T03:04:07.000Z",
  parts: 1,
  parts_done: 1,
  checked: 2,
  same: 2,
  differs: 0,
  missing: 0,
  younger: 0,
  extra: 0,
  unreadable: 0,
  entry: 4,
  findings_sha256: digest,
  error: null,
};

/** Seals that write down what they are asked. */
export function fakeSeals(note: (name: string, ...args: unknown[]) => void): Seals {
  return {
    async get(importId) {
      note("seal", importId);
      return sealView;
    },
    async part(importId, part) {
      note("seal part", importId, part);
      if (part === "seal.sig" || part === "stamps/sandbox.tsr") return Uint8Array.of(0, 255);
      return part === "receipts.ndjson" ? lines() : `${part}\n`;
    },
    async proof(importId, fileId) {
      note("proof", importId, fileId);
      return "Exhibit proof 1\n";
    },
    async report(importId, name) {
      note("report", importId, name);
      return name;
    },
    async bag(importId, request, who) {
      note("bag", importId, request, who);
      return { name: "exhibit-bag", bytes: bytes() };
    },
    async verify(importId, request, who) {
      note("verify", importId, request, who);
      return verificationView;
    },
    async verifications(importId, query) {
      note("verifications", importId, query);
      return { items: [verificationView], next: null };
    },
    async verification(number) {
      note("verification", number);
      return verificationView;
    },
    async findings(number, query) {
      note("findings", number, query);
      return { items: [], next: null };
    },
    async cancelVerification(number, request, who) {
      note("cancel verification", number, request, who);
      return { ...verificationView, state: "cancelled" };
    },
    async checkRegister(from) {
      note("check register", from);
      return { outcome: "same", entries: 2, head: digest, from: null, findings: [] };
    },
    async register(query) {
      note("register", query);
      return { items: [registerEntry], next: null };
    },
    async keys() {
      note("keys");
      return [sealKey];
    },
    async distrustKey(key, request, who) {
      note("distrust", key, request, who);
      return [sealKey];
    },
    async entry(number) {
      note("entry", number);
      return { ...registerEntry, text: "Exhibit seal 1\n" };
    },
    async retryDeposits(entry, request, who) {
      note("retry deposits", entry, request, who);
      return { ...registerEntry, text: "Exhibit seal 1\n" };
    },
    async retryStamp(of, request, who) {
      note("retry stamp", of, request, who);
      return { ...registerEntry, text: "Exhibit seal 1\n" };
    },
  };
}

async function* lines(): AsyncGenerator<string> {
  yield '{"folder":1}\n';
  yield '{"folder":2}\n';
}

async function* bytes(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("tar");
}
