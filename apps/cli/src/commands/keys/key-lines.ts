import type { KeyView, NewKey, Scope } from "@exhibit/contracts";
import { formatTable, formatTime, type TimeStyle } from "../../output/format.ts";

/** Returns a table of keys in their given order. */
export function keyTable(keys: readonly KeyView[], style: TimeStyle, now: Date): string[] {
  const header = ["KEY", "NAME", "ROLE", "LIMITED TO", "STATE", "EXPIRES", "LAST USED"];
  const rows = keys.map((key) => [
    key.key_id,
    key.name,
    key.may_name_others ? `${key.role}, names others` : key.role,
    scopeInWords(key.scope),
    stateOf(key, now),
    formatTime(key.expires_at, style),
    key.last_used_at === null ? "never" : formatTime(key.last_used_at, style),
  ]);
  return formatTable([header, ...rows]);
}

/** Returns what a person has to know of a key that was just made or rotated, besides the key. */
export function newKeyLines(key: NewKey, style: TimeStyle): string[] {
  const others = key.may_name_others ? ", may name others" : "";
  return [
    `Key ${key.key_id} for ${key.name}: ${key.role}${others}, limited to ${scopeInWords(key.scope)}, until ${formatTime(key.expires_at, style)}.`,
    ...(key.previous_until === null
      ? []
      : [`The secret before it works until ${formatTime(key.previous_until, style)}.`]),
    "The key is shown this once. Whoever has it may do all of this: keep it like a password.",
  ];
}

/** Returns whether a key works. */
export function isInForce(key: KeyView, now: Date): boolean {
  return stateOf(key, now) === "works";
}

function stateOf({ revoked_at, expires_at }: KeyView, now: Date): string {
  if (revoked_at !== null) return "revoked";
  return now < new Date(expires_at) ? "works" : "expired";
}

/** Returns a scope as `E-77, E-78; vendor kongur; below /evidence/77`, or `nothing`. */
function scopeInWords({ entrust_ids, vendors, roots }: Scope): string {
  const limits = [
    ...(entrust_ids === "all" ? [] : [entrust_ids.join(", ")]),
    ...(vendors === "all" ? [] : [`vendor ${vendors.join(", ")}`]),
    ...(roots === "all" ? [] : [`below ${roots.join(", ")}`]),
  ];
  return limits.length === 0 ? "nothing" : limits.join("; ");
}
