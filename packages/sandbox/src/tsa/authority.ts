import { createPrivateKey } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { z } from "zod";
import { createFaultList, type OrderedFault } from "../faults/fault-list.ts";
import { createHold, type Hold } from "../faults/hold.ts";
import { type Identity, identityOf, issue, pemOf } from "./certificates.ts";
import type { Signature } from "./signature.ts";
import { type AskedStamp, grant, readRequest, refuse } from "./token.ts";

/** How an authority may fail to give a stamp that is in order, by what is wrong. */
const stampMoods = [
  "down",
  "busy",
  "refusing",
  "timeless",
  "redirect",
  "long",
  "other imprint",
  "other nonce",
  "other policy",
  "other name",
  "foreign root",
  "ended certificate",
  "web certificate",
  "many purposes",
  "loose purpose",
] as const;
export type StampMood = (typeof stampMoods)[number];

const stampFault = z.strictObject({
  mood: z.enum(stampMoods),
  times: z.union([z.int().positive(), z.literal("always")]).default("always"),
  skip: z.int().nonnegative().default(0),
});
export type StampFaultOrder = z.input<typeof stampFault>;

/** What tests can order of the authority. */
export interface AuthorityControl {
  /** Its root's certificate in PEM, which a folder keeps. */
  readonly ca: string;
  /** How many requests it has answered, or cut. */
  readonly asked: number;
  /** The headers of the latest request. */
  readonly headers: IncomingHttpHeaders;
  /** Makes the next requests fail. */
  fail(fault: StampFaultOrder): OrderedFault;
  /** Holds requests before they are looked at. */
  hold(): Hold;
  /** Removes all faults, and releases what is held. */
  heal(): void;
}

export interface Authority extends AuthorityControl {
  /** Returns the TimeStampResp for a request. */
  answer(request: Buffer, mood?: StampMood): Buffer;
  serve(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export interface AuthorityOptions {
  /** Keeps its root. It is created if need be. */
  readonly dataDir: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** How it signs. @defaultValue ecdsa */
  readonly signs?: Signature;
}

const DAY_MS = 86_400_000;
const WEB_SERVER = "1.3.6.1.5.5.7.3.1";
const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
/** PKIFailureInfo's badAlg and timeNotAvailable. */
const [BAD_ALGORITHM, NO_TIME] = [0, 14];

/** Opens a time stamp authority (RFC 3161), which stamps whatever it is asked to. */
export function openAuthority({ dataDir, now, signs }: AuthorityOptions): Authority {
  const root = openRoot(dataDir, now());
  const faults = createFaultList<void, z.output<typeof stampFault>>(() => true);
  const holds = new Set<Hold>();
  const gates = new Map<Hold, () => Promise<void>>();
  const signers = signersOf(root, { now: now(), signs });
  let asked = 0;
  let headers: IncomingHttpHeaders = {};

  function answer(request: Buffer, mood?: StampMood): Buffer {
    const of = readRequest(request);
    if (of === undefined || mood === "refusing") return refuse("No, thanks.", BAD_ALGORITHM);
    if (mood === "timeless") return refuse("The clock is being set.", NO_TIME);
    const signer = signers(mood);
    const names = mood === "other name" ? { names: signers("web certificate") } : {};
    return grant({
      ...changed(of, mood),
      at: new Date(now()),
      signer,
      others: [root.certificate],
      ...names,
    });
  }

  return {
    ca: pemOf(root.certificate),
    get asked() {
      return asked;
    },
    get headers() {
      return headers;
    },
    answer,
    fail: (fault) => faults.add(stampFault.parse(fault)),
    hold() {
      const { hold, pass } = createHold(() => {
        gates.delete(hold);
        holds.delete(hold);
      });
      gates.set(hold, pass);
      holds.add(hold);
      return hold;
    },
    heal() {
      faults.clear();
      for (const hold of [...holds]) hold.release();
    },
    async serve(request, response) {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      for (const pass of [...gates.values()]) await pass();
      asked += 1;
      headers = request.headers;
      const mood = faults.take()?.mood;
      if (mood === "down") return void response.destroy();
      if (mood === "busy") return void response.writeHead(503).end();
      if (mood === "redirect") return void response.writeHead(302, { location: "/tsa" }).end();
      const isAsked = request.headers["content-type"] === "application/timestamp-query";
      if (request.method !== "POST" || !isAsked) return void response.writeHead(400).end();
      const body = answer(Buffer.concat(chunks), mood);
      response.writeHead(200, { "content-type": "application/timestamp-reply" });
      response.end(mood === "long" ? Buffer.concat([body, Buffer.alloc(LONG_BYTES)]) : body);
    },
  };
}

const LONG_BYTES = 128 * 1024;

/** Returns the folder's root, which is made when it is missing: its certificate stays what it was. */
function openRoot(dataDir: string, now: number): Identity {
  const [keyFile, certificateFile] = [join(dataDir, "root.key"), join(dataDir, "root.der")];
  if (existsSync(keyFile)) {
    const key = createPrivateKey(readFileSync(keyFile));
    return identityOf(readFileSync(certificateFile), { key, signs: "ecdsa" });
  }
  const made = issue({
    name: "Exhibit sandbox time stamps: worth nothing outside of a trial",
    from: new Date(now - DAY_MS),
    until: new Date(now + 3650 * DAY_MS),
  });
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(certificateFile, made.certificate);
  const pem = made.key.export({ type: "pkcs8", format: "pem" });
  writeFileSync(keyFile, pem, { mode: 0o600 });
  return made;
}

/** Returns who signs in a mood. Others than the usual one are made when they are needed. */
function signersOf(root: Identity, { now, signs }: { now: number; signs: Signature | undefined }) {
  const dates = { from: new Date(now - DAY_MS), until: new Date(now + 365 * DAY_MS) };
  const name = "Exhibit sandbox time stamp";
  const usual = { ...dates, name, issuer: root, ...(signs && { signs }) };
  const made = new Map<StampMood | undefined, Identity>();
  function make(mood: StampMood | undefined): Identity {
    if (mood === "foreign root") {
      return issue({ ...usual, issuer: issue({ ...dates, name: "Another root" }) });
    }
    if (mood === "ended certificate") return issue({ ...usual, until: new Date(now - 1000) });
    const oids = mood === undefined ? undefined : PURPOSES[mood];
    const isCritical = mood !== "loose purpose";
    return issue({ ...usual, ...(oids && { purposes: { oids, isCritical } }) });
  }
  return (mood: StampMood | undefined): Identity => {
    const own = mood !== undefined && WITH_OWN_SIGNER.has(mood) ? mood : undefined;
    const signer = made.get(own) ?? make(own);
    made.set(own, signer);
    return signer;
  };
}

const PURPOSES: Partial<Record<StampMood, readonly string[]>> = {
  "web certificate": [WEB_SERVER],
  "many purposes": [TIME_STAMPING, WEB_SERVER],
  "loose purpose": [TIME_STAMPING],
};

const WITH_OWN_SIGNER: ReadonlySet<StampMood> = new Set([
  "foreign root",
  "ended certificate",
  "web certificate",
  "many purposes",
  "loose purpose",
]);

/** Returns what is stamped in place of what was asked for. */
function changed(asked: AskedStamp, mood: StampMood | undefined): AskedStamp {
  const flipped = (bytes: Buffer | undefined) => {
    const other = Buffer.from(bytes ?? Buffer.alloc(1));
    other.writeUInt8(other.readUInt8(other.length - 1) ^ 1, other.length - 1);
    return other;
  };
  if (mood === "other imprint") return { ...asked, imprint: flipped(asked.imprint) };
  if (mood === "other nonce") return { ...asked, nonce: flipped(asked.nonce) };
  return mood === "other policy" ? { ...asked, policy: undefined } : asked;
}
