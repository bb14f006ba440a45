import { randomUUID } from "node:crypto";
import {
  type BoardAct,
  everything,
  type Principal,
  type Role,
  roles,
  type SessionView,
} from "@exhibit/contracts";
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from "fastify";
import type { ApiOptions } from "../src/index.ts";

/** Returns a principal of a role, who has all cases unless the test says otherwise. */
export function principal(role: Role, more: Partial<Principal> = {}): Principal {
  return { name: `key:${role}`, role, scope: everything, mayNameOthers: false, ...more };
}

/** Those who are known, by their keys. */
export const known: ReadonlyMap<string, Principal> = new Map([
  ...roles.map((role) => [role, principal(role)] as const),
  ["portal", principal("admin", { name: "key:portal", mayNameOthers: true })],
  [
    "narrow",
    principal("viewer", { name: "key:narrow", scope: { ...everything, entrust_ids: ["E-1"] } }),
  ],
  [
    "narrow-ops",
    principal("ops", { name: "key:narrow-ops", scope: { ...everything, vendors: ["kongur"] } }),
  ],
]);

/** The headers of somebody with a key. */
export const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** The key that requests of a test carry when they say nothing else. */
export const testKey = "admin";

const sessionView: SessionView = {
  session_id: "Hn2b8kXq",
  name: "oidc:wang@https://login.example",
  role: "viewer",
  scope: everything,
  key_id: null,
  created_at: "2026-11-30T08:00:00.000Z",
  seen_at: "2026-11-30T08:30:00.000Z",
  expires_at: "2026-12-01T08:00:00.000Z",
};

type DoorOptions = Pick<ApiOptions, "authenticate" | "sessions" | "recordBoardAct">;

/** Keys, sessions and one-time codes in memory, and what was done in Bull Board. */
export function fakeDoor() {
  const sessions = new Map<string, { key: string; isSecure: boolean }>();
  const codes = new Map<string, string>();
  const boardActs: { act: BoardAct; who: string }[] = [];
  const door: DoorOptions = {
    async authenticate({ authorization, cookie }) {
      const [, key] = /^Bearer (\S+)$/.exec(authorization ?? "") ?? [];
      return known.get(key ?? sessions.get(cookie ?? "")?.key ?? "");
    },
    sessions: {
      async start(proof, { isSecure }) {
        const key = "key" in proof ? proof.key : (codes.get(proof.code) ?? "");
        if ("code" in proof) codes.delete(proof.code);
        if (!known.has(key)) return undefined;
        const token = randomUUID();
        sessions.set(token, { key, isSecure });
        return { token, who: known.get(key)?.name ?? "" };
      },
      async list() {
        return { items: [sessionView], next: null };
      },
      async revoke(id) {
        return { ...sessionView, session_id: id };
      },
      async end(token) {
        const key = sessions.get(token)?.key;
        sessions.delete(token);
        return known.get(key ?? "")?.name;
      },
    },
    async recordBoardAct(act, who) {
      boardActs.push({ act, who });
    },
  };
  return { door, sessions, codes, boardActs };
}

/**
 * Makes requests of `inject` carry the test's key unless they say themselves who sends them. Returns
 * an `inject` that adds nothing.
 */
export function sendKey(app: FastifyInstance) {
  const inject = app.inject.bind(app) as (
    options: InjectOptions,
  ) => Promise<LightMyRequestResponse>;
  const withKey = (given: string | InjectOptions) => {
    const options = typeof given === "string" ? { url: given } : given;
    return inject({ ...options, headers: { ...bearer(testKey), ...options.headers } });
  };
  Object.assign(app, { inject: withKey });
  return inject;
}
