import type { KeyView } from "@exhibit/contracts";

/** A view of an API key, with what a test cares about put in its place. */
export function keyOf(changes: Partial<KeyView> = {}): KeyView {
  return {
    key_id: "AbC12345",
    name: "clerk",
    role: "producer",
    scope: { entrust_ids: ["E-77"], vendors: "all", roots: ["/evidence"] },
    may_name_others: false,
    created_at: "2026-11-23T10:00:00.000Z",
    created_by: "key:admin",
    expires_at: "2100-02-21T10:00:00.000Z",
    previous_until: null,
    revoked_at: null,
    revoked_by: null,
    last_used_at: null,
    ...changes,
  };
}

/** What the text of a new key looks like. */
export const newKeyText = `exh_AbC12345${"s".repeat(43)}0crc32`;
