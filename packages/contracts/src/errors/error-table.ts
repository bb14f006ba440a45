/**
 * What the caller of a failed operation should do:
 * - `never`: don't retry; a person has to act
 * - `backoff`: retry with backoff
 * - `renew-lease`: take a new lease, then retry once
 * - `throttle`: retry after `ExhibitError.retryAfter`, for which the other side asked
 * - `clock`: our clock is wrong; learn the offset, then retry once
 */
export type ErrorAction = "never" | "backoff" | "renew-lease" | "throttle" | "clock";

interface ErrorEntry {
  readonly action: ErrorAction;
  /** The HTTP status of our API's response when this error ends a request. */
  readonly status: number;
  /** What happened, for people. */
  readonly meaning: string;
  /** What a person can do about it. */
  readonly remedy: string;
}

/** Every error that leaves a package of Exhibit. A test compares `docs/errors.md` with this table. */
export const errorTable = {
  CONFIG_INVALID: {
    action: "never",
    status: 500,
    meaning: "The configuration can't be used.",
    remedy: "Mend the keys that the message names and start again.",
  },
  REQUEST_INVALID: {
    action: "never",
    status: 400,
    meaning: "The request can't be carried out as it is.",
    remedy: "Mend what the message names and send it again.",
  },
  NOT_FOUND: {
    action: "never",
    status: 404,
    meaning: "There is no such thing.",
    remedy: "Check the id; GET /v1/imports lists the imports.",
  },
  STATE_CONFLICT: {
    action: "never",
    status: 409,
    meaning: "The import or vendor is in a state that doesn't allow this.",
    remedy: "Look at its status first.",
  },
  SERVICE_UNREACHABLE: {
    action: "backoff",
    status: 503,
    meaning: "The ledger, the queue or the API can't be reached.",
    remedy: "Check that it runs and that the address is right.",
  },
  SERVICE_REFUSED: {
    action: "never",
    status: 503,
    meaning: "The ledger's or the queue's server doesn't let us in.",
    remedy: "Correct user, password and database in its address, then start again.",
  },
  SERVICE_UNFIT: {
    action: "never",
    status: 503,
    meaning: "The ledger's or the queue's server answers, but can't carry the work.",
    remedy: "Do what the message says about the server, or give the address of another one.",
  },
  SCHEMA_OLD: {
    action: "never",
    status: 503,
    meaning: "The ledger's schema is older than this Exhibit works on.",
    remedy: "Run `exhibit migrate` once, then start again; those that work meanwhile go on.",
  },
  SCHEMA_NEW: {
    action: "never",
    status: 503,
    meaning: "The ledger's schema is of a later Exhibit, which this one can't work on.",
    remedy: "Start the release that is in use elsewhere, or a later one.",
  },
  WORLD_MISMATCH: {
    action: "never",
    status: 503,
    meaning:
      "Process and ledger are of different deployments: a trial's and a live one's, or ones with a vendor at different places.",
    remedy:
      "Nothing was started and nothing changed. Start it with the configuration that the ledger is used with (EXHIBIT_CONFIG), or give it a ledger of its own (EXHIBIT_DATABASE_URL and EXHIBIT_REDIS_URL, or EXHIBIT_DATA_DIR).",
  },
  INTERNAL: {
    action: "backoff",
    status: 500,
    meaning: "Something happened that Exhibit has no name for.",
    remedy: "Retry; if it stays, report the message and the trace id.",
  },
  INTERRUPTED: {
    action: "backoff",
    status: 503,
    meaning: "The work was stopped before it ended.",
    remedy: "Nothing: it is taken up again by itself.",
  },
  FILES_FAILED: {
    action: "never",
    status: 422,
    meaning: "Some files of a shard were not stored.",
    remedy:
      "The job's log names the files, each with its own error; act on those, then retry the job: only what is unfinished is taken up.",
  },
  WORKER_CRASHED: {
    action: "never",
    status: 500,
    meaning: "The worker process died each time it stored these files.",
    remedy:
      "Find out what ended it (memory, a signal, a fault in the disk) in the system's log and look at the files; then retry.",
  },
  TOTALS_WRONG: {
    action: "never",
    status: 500,
    meaning: "The ledger's totals of an import aren't those of its files, so it wasn't sealed.",
    remedy:
      "Report it with the message: it is a fault of Exhibit, or somebody changed the ledger by hand. Each file's own row still tells the truth; when the totals are mended, a retry compares again.",
  },

  SOURCE_OUTSIDE_ROOTS: {
    action: "never",
    status: 400,
    meaning: "The source lies outside the folders that may be read.",
    remedy:
      "Add its folder to `sources.roots`, restart, then retry; or move it below one of them and import it from there.",
  },
  SOURCE_NOT_FOUND: {
    action: "never",
    status: 422,
    meaning: "The source isn't there.",
    remedy:
      "Put it back, then retry. A file that was renamed or moved within the folder is found by a retry, too: the folder is walked again, and the file is stored under its new name. What is waived is given up: waive only what was removed on purpose, or what the list has under its new name.",
  },
  SOURCE_ABSENT: {
    action: "backoff",
    status: 503,
    meaning: "A worker doesn't see the source, as when its share isn't mounted there.",
    remedy:
      "Look on the machine that the message names whether the share is mounted, and mount it; then retry. If its files were removed on purpose there is nothing to mount: then waive them. Waive nothing before that is certain.",
  },
  SOURCE_EMPTY: {
    action: "never",
    status: 422,
    meaning: "There is no file in the source.",
    remedy:
      "Look whether it is the right folder and whether its share is mounted, then retry. If it is meant to be empty, retry with `allow_empty` (`exhibit retry ID --allow-empty`).",
  },
  SOURCE_SHRUNK: {
    action: "never",
    status: 422,
    meaning: "Files that the last import found in this source aren't there any more.",
    remedy:
      "Find out whether they were moved or removed on purpose. What was stored of them stays in OSS and on the record of that import.",
  },
  SOURCE_UNREADABLE: {
    action: "never",
    status: 422,
    meaning: "The source is there, but may not be read, or isn't what was asked for.",
    remedy: "Give the worker's user the right to read it, then retry.",
  },
  SOURCE_CHANGED: {
    action: "never",
    status: 409,
    meaning: "The file isn't as it was when the import was planned.",
    remedy: "Find out who changed it; a retry takes the file as it is now.",
  },
  SOURCE_TOO_LARGE: {
    action: "never",
    status: 422,
    meaning: "The file is larger than what can be sent as one object: 21,474,836,470,000 bytes.",
    remedy:
      "Split it, and retry: the folder is walked again, and the pieces are found. The whole stays on the list: waive it. If it only seems so large (a sparse file, a disk image that is mostly empty), copy or pack it without its holes.",
  },
  SOURCE_IO: {
    action: "backoff",
    status: 503,
    meaning: "Reading the source failed.",
    remedy: "Check the disk or the mount; a retry reads it again.",
  },
  NAME_INVALID: {
    action: "never",
    status: 422,
    meaning: "The name of a file or folder can't be stored: it isn't UTF-8.",
    remedy:
      "Rename it, then retry: the folder is walked again, and it is stored under its new name. The old name stays on the list as SOURCE_NOT_FOUND until it is waived. Where names are in GBK, Big5 or Shift_JIS they needn't be renamed: waive them here and import the folder again with --names gb18030, big5 or shift_jis.",
  },
  KEY_INVALID: {
    action: "never",
    status: 422,
    meaning: "The object key can't be stored: OSS takes 1 to 1,023 bytes of UTF-8.",
    remedy:
      "Shorten its path, then retry: the folder is walked again, and it is stored under its new name. The old name stays on the list as SOURCE_NOT_FOUND until it is waived.",
  },
  KEY_TAKEN: {
    action: "never",
    status: 409,
    meaning:
      "Another file of the folder has this file's key: their names differ only in their Unicode form, or are one name once they are read as text.",
    remedy:
      "Rename this file, then retry: the folder is walked again, and it is stored under its new name. The old name stays on the list as SOURCE_NOT_FOUND until it is waived.",
  },
  FILE_NOT_ACCEPTED: {
    action: "never",
    status: 422,
    meaning: "The vendor doesn't take this file.",
    remedy:
      "Read in the message what the vendor takes; convert the file or move it out of the folder, then retry: the folder is walked again. The old name stays on the list as SOURCE_NOT_FOUND until it is waived.",
  },
  KEY_OUTSIDE_LEASE: {
    action: "never",
    status: 422,
    meaning: "The object key lies outside what the lease opens.",
    remedy: "Check the folder of the import and what the vendor opens for it.",
  },
  DESTINATION_CHANGED: {
    action: "never",
    status: 409,
    meaning: "The vendor now leads to another place than the one where the folder's files go.",
    remedy:
      "Nothing was sent to the new place. Ask the vendor which is right, and compare your configuration: for the old place, have that mended, then retry; for the new one, accept it (`exhibit accept`).",
  },

  VENDOR_REFUSED: {
    action: "never",
    status: 422,
    meaning: "The vendor refused to open the folder.",
    remedy:
      "Read the vendor's own code and sentence; correct the ids or ask for the permission, then retry.",
  },
  VENDOR_MISCONFIGURED: {
    action: "never",
    status: 422,
    meaning: "The vendor's gateway rejects our app key, signature, session or call.",
    remedy: "Correct the vendor's section of the configuration, restart, then retry.",
  },
  VENDOR_THROTTLED: {
    action: "throttle",
    status: 429,
    meaning: "The vendor's gateway asked for a pause.",
    remedy: "Nothing: the work goes on when the pause is over.",
  },
  VENDOR_UNAVAILABLE: {
    action: "backoff",
    status: 502,
    meaning: "The vendor's gateway can't be reached or has a fault.",
    remedy: "Nothing: it is tried again; tell the vendor if it lasts.",
  },
  VENDOR_ANSWER_INVALID: {
    action: "backoff",
    status: 502,
    meaning: "The vendor answered with something that isn't its documented form.",
    remedy: "Compare the message with the vendor's document; report it if the form has changed.",
  },
  VENDOR_CLOCK: {
    action: "clock",
    status: 502,
    meaning: "The vendor's gateway says our clock is off.",
    remedy: "Set the machine's clock (NTP).",
  },

  LEASE_EXPIRED: {
    action: "renew-lease",
    status: 502,
    meaning: "The lease ended while it was in use.",
    remedy: "Nothing: a fresh one is taken.",
  },
  LEASE_REJECTED: {
    action: "renew-lease",
    status: 502,
    meaning: "OSS doesn't know the lease's credentials.",
    remedy: "Ask the vendor whether its account or role is still in order.",
  },
  STORE_DENIED: {
    action: "never",
    status: 422,
    meaning: "OSS doesn't allow this with the lease.",
    remedy: "Check bucket, endpoint and region of the vendor, and what its policy opens.",
  },
  STORE_SIGNATURE: {
    action: "never",
    status: 502,
    meaning: "OSS rejects the signature.",
    remedy: "Check the region and the signature version in the vendor's `oss` section.",
  },
  STORE_CLOCK: {
    action: "clock",
    status: 502,
    meaning: "OSS says our clock is off.",
    remedy: "Set the machine's clock (NTP).",
  },
  STORE_THROTTLED: {
    action: "throttle",
    status: 503,
    meaning: "OSS asked us to slow down.",
    remedy: "Nothing: it is tried again more slowly.",
  },
  STORE_UNAVAILABLE: {
    action: "backoff",
    status: 502,
    meaning: "OSS can't be reached or has a fault.",
    remedy: "Nothing: it is tried again; check the network if it lasts.",
  },
  STORE_BLOCKED: {
    action: "backoff",
    status: 502,
    meaning: "OSS answers, but doesn't get this file: it fails in the same way each time.",
    remedy:
      "Look for what stops this one file on the way: a firewall or a virus scanner that looks into it, a proxy with a limit of size or time. Let it through and retry, or waive it. If the message has an answer of OSS itself, ask for help with its request id.",
  },
  STORE_INCOMPLETE: {
    action: "backoff",
    status: 502,
    meaning: "OSS didn't receive the body whole.",
    remedy: "Nothing: the file is read and sent again.",
  },
  STORE_UPLOAD_GONE: {
    action: "backoff",
    status: 502,
    meaning: "OSS no longer knows the multipart upload.",
    remedy: "Nothing: the file is sent again.",
  },
  STORE_REFUSED: {
    action: "never",
    status: 422,
    meaning: "OSS refuses the object.",
    remedy: "Read OSS's own code and sentence in the message.",
  },
  DIGEST_MISMATCH: {
    action: "backoff",
    status: 502,
    meaning: "The CRC64 of what OSS stored isn't that of what was read.",
    remedy: "Nothing: the file is read and sent again; check memory and disk if it lasts.",
  },
  STORE_PROOF_MISSING: {
    action: "never",
    status: 502,
    meaning: "OSS's answer carries no CRC64, so nothing proves which bytes it has.",
    remedy:
      "Look for what stands between Exhibit and OSS (a proxy, a CDN's name in place of OSS's own endpoint): it has to let the header x-oss-hash-crc64ecma through. Then retry: what was stored meanwhile is found and compared. An object that another program put there without a CRC64 can't be compared: rename this file to store it beside that one.",
  },
  EVIDENCE_CONFLICT: {
    action: "never",
    status: 409,
    meaning: "An object with other bytes is there already; it was left untouched.",
    remedy:
      "Find out which of the two is the evidence. To store both, rename this file, then retry: the folder is walked again, and it is stored under its new name. The old name stays on the list as SOURCE_NOT_FOUND until it is waived.",
  },

  HOST_REFUSED: {
    action: "never",
    status: 421,
    meaning: "The request was meant for another server: its Host isn't a name of this API.",
    remedy:
      "Use an address that the API listens on; name others that lead to it (a proxy's, a container's) in EXHIBIT_API_HOSTS.",
  },
  ORIGIN_REFUSED: {
    action: "never",
    status: 403,
    meaning: "A web page of another origin may not act here.",
    remedy:
      "Act from a page of the API's own, or without a browser. Behind a proxy, set EXHIBIT_API_URL to the address that people use.",
  },
  METHOD_NOT_ALLOWED: {
    action: "never",
    status: 405,
    meaning: "The path is there, but not with this method.",
    remedy: "Use one of the methods that the message names; /docs describes them.",
  },
  MEDIA_TYPE_UNSUPPORTED: {
    action: "never",
    status: 415,
    meaning: "The body isn't of a kind that is read here.",
    remedy: "Send JSON in UTF-8 with `content-type: application/json`.",
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

export const errorCodes = Object.keys(errorTable) as ErrorCode[];
