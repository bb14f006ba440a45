import { type ErrorCode, errorTable } from "@exhibit/contracts";

/**
 * What a person at the command line can do. The remedies of the error table are written for an
 * import, whose work is retried automatically, but a command is a single attempt.
 */
const remedies: Partial<Record<ErrorCode, string>> = {
  NOT_FOUND:
    "Check the id or name: `exhibit status` lists the imports, `exhibit vendors` the vendors.",
  AUTH_REQUIRED:
    "Set EXHIBIT_API_KEY or EXHIBIT_API_KEY_FILE to a key that is valid. An administrator makes one: exhibit keys create. An API that `exhibit up` or `exhibit api` runs on this machine keeps a key in its data folder (EXHIBIT_DATA_DIR), where only its user can read it.",
  SOURCE_OUTSIDE_ROOTS:
    "Import a folder within one of them, or add the folder to `sources.roots` and restart. Start a trial without a configuration with the folder: npm start -- FOLDER",
  VENDOR_MISCONFIGURED: "Correct the vendor's section of the configuration and try again.",
  VENDOR_REFUSED:
    "Read the vendor's own code and message; correct the ids or ask for permission, then try again.",
  VENDOR_THROTTLED: "Try again after the pause.",
  VENDOR_UNAVAILABLE:
    "Check `gateway`, the network and whether a proxy is needed (HTTPS_PROXY), and try again; tell the vendor if it lasts.",
  LEASE_EXPIRED: "Try again; check the machine's clock if it lasts.",
  STORE_THROTTLED: "Try again in a while.",
  STORE_UNAVAILABLE:
    "Check the endpoint, the network and whether a proxy is needed (HTTPS_PROXY), and try again.",
};

/** Returns what to do about an error of a command. */
export function remedyOf(code: ErrorCode): string {
  return remedies[code] ?? errorTable[code].remedy;
}
