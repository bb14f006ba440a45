import { type ErrorCode, errorTable } from "@exhibit/contracts";

/**
 * What a person at the command line can do. The table's remedies are for who looks at an import, whose work is tried
 * again by itself; a command is one attempt.
 */
const remedies: Partial<Record<ErrorCode, string>> = {
  NOT_FOUND:
    "Check the id or name: `exhibit status` lists the imports, `exhibit vendors` the vendors.",
  SOURCE_OUTSIDE_ROOTS:
    "Import it from below one of them, or add its folder to `sources.roots` and restart. A trial without a configuration is started with the folder: npm start -- FOLDER",
  VENDOR_MISCONFIGURED: "Correct the vendor's section of the configuration and try again.",
  VENDOR_REFUSED:
    "Read the vendor's own code and sentence; correct the ids or ask for the permission, then try again.",
  VENDOR_THROTTLED: "Try again when the pause is over.",
  VENDOR_UNAVAILABLE:
    "Check `gateway`, the network and whether a proxy is needed (HTTPS_PROXY), and try again; tell the vendor if it lasts.",
  LEASE_EXPIRED: "Try again; check the machine's clock if it lasts.",
  STORE_THROTTLED: "Try again in a while.",
  STORE_UNAVAILABLE:
    "Check the endpoint, the network and whether a proxy is needed (HTTPS_PROXY), and try again.",
};

export function remedyOf(code: ErrorCode): string {
  return remedies[code] ?? errorTable[code].remedy;
}
