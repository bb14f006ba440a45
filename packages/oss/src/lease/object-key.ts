import { ExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";

/** "Object key: UTF-8, 1-1,023 bytes, not starting with / or \" (PROTOCOLS.md 5.1). */
const MAX_KEY_BYTES = 1023;

/**
 * Returns the object key of a file: the only object that the lease opens, or the lease's prefix and
 * the name in NFC. (OSS doesn't normalise: NFC and NFD would be two objects.) The prefix stays as
 * the vendor gave it, because its policy compares bytes. Throws KEY_INVALID and KEY_OUTSIDE_LEASE.
 */
export function keyOf(lease: Lease, name: string): string {
  const key = lease.object?.key ?? lease.prefix + name.normalize("NFC");
  const fault = faultOfName(lease.object?.key ?? name) ?? faultOfKey(key);
  if (fault !== undefined) {
    const message = `The key ${JSON.stringify(key)} can't be stored: ${fault}.`;
    throw new ExhibitError("KEY_INVALID", message, { details: { key } });
  }
  checkInside(lease, key);
  return key;
}

/**
 * Throws KEY_OUTSIDE_LEASE unless the lease opens the key. Every lease that is used is checked, a
 * renewed one too.
 */
export function checkInside(lease: Lease, key: string): void {
  if (lease.prefixes.some((prefix) => key.startsWith(prefix))) return;
  throw new ExhibitError(
    "KEY_OUTSIDE_LEASE",
    `The key ${JSON.stringify(key)} lies outside what lease ${lease.id} opens: ${JSON.stringify(lease.prefixes)}.`,
    { details: { key, lease_id: lease.id } },
  );
}

/**
 * A part that is empty, `.` or `..` could lead out of the prefix in a tool that takes keys for
 * paths.
 */
function faultOfName(name: string): string | undefined {
  const bad = name.split("/").find((part) => part === "" || part === "." || part === "..");
  return bad === undefined ? undefined : `its name has a part ${JSON.stringify(bad)}`;
}

function faultOfKey(key: string): string | undefined {
  if (!key.isWellFormed()) return "it isn't well-formed Unicode";
  if (key.startsWith("/") || key.startsWith("\\")) return "it begins with a slash";
  const bytes = Buffer.byteLength(key);
  return bytes > MAX_KEY_BYTES
    ? `it has ${bytes} bytes, and OSS takes ${MAX_KEY_BYTES}`
    : undefined;
}
