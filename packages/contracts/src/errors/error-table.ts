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

/**
 * Every error that leaves a package of Exhibit. A test compares `docs/errors.md` with this table.
 */
export const errorTable = {
  CONFIG_INVALID: {
    action: "never",
    status: 500,
    meaning: "The configuration can't be used.",
    remedy: "Fix the keys named in the message and restart.",
  },
  REQUEST_INVALID: {
    action: "never",
    status: 400,
    meaning: "The request is not valid.",
    remedy: "Fix what the message names and send the request again.",
  },
  NOT_FOUND: {
    action: "never",
    status: 404,
    meaning: "There is no such import, vendor, or other resource.",
    remedy: "Check the id; GET /v1/imports lists the imports.",
  },
  STATE_CONFLICT: {
    action: "never",
    status: 409,
    meaning: "The import or vendor is in a state that doesn't allow this.",
    remedy: "Check its status first.",
  },
  SERVICE_UNREACHABLE: {
    action: "backoff",
    status: 503,
    meaning: "The ledger, the queue or the API can't be reached.",
    remedy: "Check that it is running and that its address is right.",
  },
  SERVICE_REFUSED: {
    action: "never",
    status: 503,
    meaning: "The ledger's or the queue's server refuses the login.",
    remedy: "Correct the user, password and database in its address, then restart.",
  },
  SERVICE_UNFIT: {
    action: "never",
    status: 503,
    meaning: "The ledger's or the queue's server answers, but isn't fit for the work.",
    remedy: "Change the server as the message says, or use another server.",
  },
  SCHEMA_OLD: {
    action: "never",
    status: 503,
    meaning: "The ledger's schema is older than this version of Exhibit needs.",
    remedy:
      "Run `exhibit migrate` once, then restart. Processes that are already running go on meanwhile.",
  },
  SCHEMA_NEW: {
    action: "never",
    status: 503,
    meaning:
      "The ledger's schema belongs to a later version of Exhibit, and this one can't use it.",
    remedy: "Start the version that the other processes use, or a later one.",
  },
  WORLD_MISMATCH: {
    action: "never",
    status: 503,
    meaning:
      "The process and the ledger belong to different deployments: one is a trial and the other is live, or a vendor's gateway or bucket differs.",
    remedy:
      "Nothing was started or changed. Start the process with the configuration that the ledger is used with (EXHIBIT_CONFIG), or give it a ledger of its own (EXHIBIT_DATABASE_URL and EXHIBIT_REDIS_URL, or EXHIBIT_DATA_DIR).",
  },
  INTERNAL: {
    action: "backoff",
    status: 500,
    meaning: "An unexpected error occurred.",
    remedy: "Retry. If it happens again, report the message and the time: the log says more.",
  },
  INTERRUPTED: {
    action: "backoff",
    status: 503,
    meaning: "The work was stopped before it finished.",
    remedy: "Nothing: it is resumed automatically.",
  },
  FILES_FAILED: {
    action: "never",
    status: 422,
    meaning: "Some files of a shard were not stored.",
    remedy:
      "The job's log names the files, each with its own error. Resolve those errors, then retry the job; only unfinished files are processed.",
  },
  WORKER_CRASHED: {
    action: "never",
    status: 500,
    meaning: "The worker process crashed each time it stored these files.",
    remedy:
      "Find out from the system's log what ended it (out of memory, a signal, a disk fault) and check the files; then retry.",
  },
  TOTALS_WRONG: {
    action: "never",
    status: 500,
    meaning: "The ledger's totals of an import don't match its files, so it wasn't sealed.",
    remedy:
      "Report it with the message: it is a bug in Exhibit, or somebody changed the ledger by hand. Each file's own row is still correct; once the totals are fixed, a retry compares them again.",
  },

  SOURCE_OUTSIDE_ROOTS: {
    action: "never",
    status: 400,
    meaning: "The source is outside the folders that may be read.",
    remedy:
      "Add its folder to `sources.roots`, restart, then retry; or move it into one of those folders and import it from there. If your key has roots of its own, ask for one that has the folder, and import it again.",
  },
  SOURCE_NOT_FOUND: {
    action: "never",
    status: 422,
    meaning: "The source doesn't exist.",
    remedy:
      "Put it back, then retry. A file that was renamed or moved within the folder is found by a retry, too: the folder is walked again, and the file is stored under its new name. A waived file is given up: waive only files that were removed on purpose, or that are listed under their new name.",
  },
  SOURCE_ABSENT: {
    action: "backoff",
    status: 503,
    meaning: "A worker doesn't see the source; perhaps its share isn't mounted there.",
    remedy:
      "Check on the machine named in the message whether the share is mounted, and mount it; then retry. If the files were removed on purpose, waive them instead. Waive nothing before you are certain.",
  },
  SOURCE_EMPTY: {
    action: "never",
    status: 422,
    meaning: "The source contains no files.",
    remedy:
      "Check whether it is the right folder and whether its share is mounted, then retry. If it is meant to be empty, retry with `allow_empty` (`exhibit retry ID --allow-empty`).",
  },
  SOURCE_SHRUNK: {
    action: "never",
    status: 422,
    meaning: "Files that the last import found in this source no longer exist.",
    remedy:
      "Find out whether they were moved or removed on purpose. Those that were stored remain in OSS and in the record of that import.",
  },
  SOURCE_UNREADABLE: {
    action: "never",
    status: 422,
    meaning: "The source exists, but can't be read or isn't of the expected kind.",
    remedy: "Give the worker's user permission to read it, then retry.",
  },
  SOURCE_CHANGED: {
    action: "never",
    status: 409,
    meaning: "The file has changed since the import was planned.",
    remedy: "Find out who changed it; a retry takes the file as it is now.",
  },
  SOURCE_TOO_LARGE: {
    action: "never",
    status: 422,
    meaning: "The file is larger than one object can be: 21,474,836,470,000 bytes.",
    remedy:
      "Split it and retry: the folder is walked again, and the pieces are found. The original stays on the list until you waive it. If it only appears so large (a sparse file, a mostly empty disk image), copy or compress it without its holes.",
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
    meaning: "The name of a file or folder can't be stored because it isn't UTF-8.",
    remedy:
      "Rename it, then retry: the folder is walked again, and it is stored under its new name. The old name stays on the list as SOURCE_NOT_FOUND until it is waived. If the names are in GBK, Big5 or Shift_JIS, you can keep them: waive them here and import the folder again with --names gb18030, big5 or shift_jis.",
  },
  KEY_INVALID: {
    action: "never",
    status: 422,
    meaning: "The object key is not valid: OSS accepts 1 to 1,023 bytes of UTF-8.",
    remedy:
      "Shorten its path, then retry: the folder is walked again, and it is stored under its new name. The old name stays on the list as SOURCE_NOT_FOUND until it is waived.",
  },
  KEY_TAKEN: {
    action: "never",
    status: 409,
    meaning:
      "Another file of the folder has the same key: their names differ only in Unicode normalization, or become equal when read as text.",
    remedy:
      "Rename this file, then retry: the folder is walked again, and it is stored under its new name. The old name stays on the list as SOURCE_NOT_FOUND until it is waived.",
  },
  FILE_NOT_ACCEPTED: {
    action: "never",
    status: 422,
    meaning: "The vendor doesn't accept this file.",
    remedy:
      "The message says what the vendor accepts. Convert the file or move it out of the folder, then retry: the folder is walked again. The old name stays on the list as SOURCE_NOT_FOUND until it is waived.",
  },
  KEY_OUTSIDE_LEASE: {
    action: "never",
    status: 422,
    meaning: "The object key is outside what the lease opens.",
    remedy: "Check the import's folder and what the vendor opens for it.",
  },
  DESTINATION_CHANGED: {
    action: "never",
    status: 409,
    meaning: "The vendor now gives another destination than the one the folder's files go to.",
    remedy:
      "Nothing was sent to the new destination. Ask the vendor which one is right, and check your configuration. If it is the old one, have the other corrected, then retry; if it is the new one, accept it (`exhibit accept`).",
  },

  VENDOR_REFUSED: {
    action: "never",
    status: 422,
    meaning: "The vendor refused to open the folder.",
    remedy:
      "Read the vendor's own code and message; correct the ids or ask for the permission, then retry.",
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
    meaning: "The vendor's gateway asked us to slow down.",
    remedy: "Nothing: the work continues after the pause.",
  },
  VENDOR_UNAVAILABLE: {
    action: "backoff",
    status: 502,
    meaning: "The vendor's gateway can't be reached or has a fault.",
    remedy: "Nothing: it is retried. Tell the vendor if it lasts.",
  },
  VENDOR_ANSWER_INVALID: {
    action: "backoff",
    status: 502,
    meaning: "The vendor's answer doesn't have the documented form.",
    remedy:
      "Compare the message with the vendor's documentation; report it if the form has changed.",
  },
  VENDOR_CLOCK: {
    action: "clock",
    status: 502,
    meaning: "The vendor's gateway says our clock is wrong.",
    remedy: "Synchronize the machine's clock (NTP).",
  },

  LEASE_EXPIRED: {
    action: "renew-lease",
    status: 502,
    meaning: "The lease expired while it was in use.",
    remedy: "Nothing: a new one is requested.",
  },
  LEASE_REJECTED: {
    action: "renew-lease",
    status: 502,
    meaning: "OSS doesn't accept the lease's credentials.",
    remedy: "Ask the vendor whether its account or role is still valid.",
  },
  STORE_DENIED: {
    action: "never",
    status: 422,
    meaning: "OSS doesn't permit this with the lease.",
    remedy: "Check bucket, endpoint and region of the vendor, and what its policy allows.",
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
    meaning: "OSS says our clock is wrong.",
    remedy: "Synchronize the machine's clock (NTP).",
  },
  STORE_THROTTLED: {
    action: "throttle",
    status: 503,
    meaning: "OSS asked us to slow down.",
    remedy: "Nothing: it is retried more slowly.",
  },
  STORE_UNAVAILABLE: {
    action: "backoff",
    status: 502,
    meaning: "OSS can't be reached or has a fault.",
    remedy: "Nothing: it is retried. Check the network if it lasts.",
  },
  STORE_BLOCKED: {
    action: "backoff",
    status: 502,
    meaning:
      "OSS can be reached, but this file doesn't get through: it fails the same way each time.",
    remedy:
      "Find out what blocks this file on the way: a firewall or virus scanner that inspects it, or a proxy that limits size or time. Let the file through and retry, or waive it. If the message quotes an answer from OSS itself, contact its support with the request id.",
  },
  STORE_INCOMPLETE: {
    action: "backoff",
    status: 502,
    meaning: "OSS didn't receive the complete body.",
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
    remedy: "Read OSS's own code and message in the error.",
  },
  DIGEST_MISMATCH: {
    action: "backoff",
    status: 502,
    meaning: "The CRC64 of what OSS stored differs from that of what was read.",
    remedy: "Nothing: the file is read and sent again. Check memory and disk if it lasts.",
  },
  STORE_PROOF_MISSING: {
    action: "never",
    status: 502,
    meaning: "OSS's response has no CRC64, so nothing proves which bytes it stored.",
    remedy:
      "Find out what is between Exhibit and OSS (a proxy, or a CDN's name instead of OSS's own endpoint): it must pass on the header x-oss-hash-crc64ecma. Then retry: what was stored meanwhile is found and compared. An object that another program put there without a CRC64 can't be compared: rename this file to store it beside that one.",
  },
  RETENTION_REFUSED: {
    action: "never",
    status: 502,
    meaning: "The file is stored, but OSS doesn't keep its object as `custody.retention` asks.",
    remedy:
      "Nothing, if the vendor's lease or bucket allows no retention. Otherwise have the lease allow oss:PutObjectRetention and the bucket have ObjectWorm; later files are kept then.",
  },
  DEPOSIT_REFUSED: {
    action: "never",
    status: 502,
    meaning: "A third party doesn't want to be told of an entry of the register.",
    remedy:
      "Ask them, mend custody.deposit, and run exhibit deposits retry. The seal is good without it.",
  },
  EVIDENCE_CONFLICT: {
    action: "never",
    status: 409,
    meaning: "An object with different content already exists; it was left untouched.",
    remedy:
      "Find out which of the two is the evidence. To store both, rename this file, then retry: the folder is walked again, and it is stored under its new name. The old name stays on the list as SOURCE_NOT_FOUND until it is waived.",
  },

  AUTH_REQUIRED: {
    action: "never",
    status: 401,
    meaning: "The request doesn't say who sends it, or its key or session isn't valid (any more).",
    remedy:
      "Send a key as `authorization: Bearer exh_…`, or log in at /login. Commands take it from EXHIBIT_API_KEY. An administrator makes one: `exhibit keys create`.",
  },
  AUTH_FORBIDDEN: {
    action: "never",
    status: 403,
    meaning: "Your role or your scope doesn't permit this.",
    remedy: "Ask an administrator for a key with the role or the scope that the message names.",
  },
  ADDRESS_REFUSED: {
    action: "never",
    status: 422,
    meaning: "Exhibit may not call this address.",
    remedy:
      "Name an https:// address on the internet, on its usual port. An administrator can allow hosts, ports and private networks: `webhooks` in docs/configuration.md.",
  },
  ADDRESS_UNREACHABLE: {
    action: "backoff",
    status: 502,
    meaning: "An address that Exhibit was to call doesn't answer as it should.",
    remedy: "Nothing: it is called again. Check the receiver if it lasts.",
  },
  WEBHOOKS_OFF: {
    action: "never",
    status: 409,
    meaning: "This deployment has no key to keep the secrets of webhooks with.",
    remedy:
      "Set EXHIBIT_LEASE_KEY for all processes (`openssl rand -base64 32`), and start them again.",
  },
  HOST_REFUSED: {
    action: "never",
    status: 421,
    meaning: "The request was meant for another server: its Host header isn't a name of this API.",
    remedy:
      "Use an address that the API listens on. List other names that lead to it (a proxy's, a container's) in EXHIBIT_API_HOSTS.",
  },
  ORIGIN_REFUSED: {
    action: "never",
    status: 403,
    meaning: "A web page of another origin may not change anything here.",
    remedy:
      "Use a page of the API itself, or a client that isn't a browser. Behind a proxy, set EXHIBIT_API_URL to the address that people use.",
  },
  METHOD_NOT_ALLOWED: {
    action: "never",
    status: 405,
    meaning: "The path exists, but not with this method.",
    remedy: "Use one of the methods named in the message; /docs describes them.",
  },
  MEDIA_TYPE_UNSUPPORTED: {
    action: "never",
    status: 415,
    meaning: "The body's media type isn't supported.",
    remedy: "Send JSON in UTF-8 with `content-type: application/json`.",
  },
  BODY_TOO_LARGE: {
    action: "never",
    status: 413,
    meaning: "The request's body is larger than the route accepts.",
    remedy:
      "Send less at once: a case may be split into several imports, which are found together by its entrust_id and suit_ids.",
  },
  REQUEST_TOO_SLOW: {
    action: "backoff",
    status: 408,
    meaning: "The request didn't arrive in time.",
    remedy: "Send it again; if it happens again, check the network between you and the API.",
  },
  HEADERS_TOO_LARGE: {
    action: "never",
    status: 431,
    meaning: "The request's line and headers together are larger than 16 KiB.",
    remedy: "Shorten the address and its query; in a browser, delete this site's cookies.",
  },
  RATE_LIMITED: {
    action: "throttle",
    status: 429,
    meaning: "Too many requests were sent, or too much is under way already.",
    remedy: "Send the request again after the seconds of the Retry-After header.",
  },
  OVERLOADED: {
    action: "backoff",
    status: 503,
    meaning: "The API has more to do than it can do in time.",
    remedy: "Send the request again after the seconds of the Retry-After header.",
  },
  IDEMPOTENCY_MISMATCH: {
    action: "never",
    status: 422,
    meaning: "The Idempotency-Key was used before, for another request.",
    remedy: "Use a new key for each request, and the same key only to repeat one.",
  },
  IDEMPOTENCY_IN_FLIGHT: {
    action: "backoff",
    status: 409,
    meaning: "A request with the same Idempotency-Key is still being carried out.",
    remedy: "Send the request again after a second; its response is kept.",
  },
  SEAL_BROKEN: {
    action: "never",
    status: 409,
    meaning: "The ledger, or a text, isn't what was sealed.",
    remedy: "Keep everything as it is, and compare with a backup or an export: docs/custody.md.",
  },
  SEAL_KEY_MISMATCH: {
    action: "backoff",
    status: 503,
    meaning: "This worker has another key than the register, or none, and can't sign a seal.",
    remedy: "Set EXHIBIT_SEAL_KEY_FILE to the register's key on each worker; see docs/custody.md.",
  },
  STAMP_UNAVAILABLE: {
    action: "backoff",
    status: 502,
    meaning: "A time stamp authority can't be had for the moment, or no worker knows it.",
    remedy: "Nothing: it is asked again, after an hour at the latest. The seal is good without it.",
  },
  STAMP_REFUSED: {
    action: "never",
    status: 502,
    meaning: "A time stamp authority doesn't want to give a stamp.",
    remedy: "Ask the authority, mend custody.stamps, and run exhibit stamps retry.",
  },
  STAMP_INVALID: {
    action: "never",
    status: 502,
    meaning: "What a time stamp authority gave isn't a stamp of what was asked for.",
    remedy: "Compare its certificates with the ca in custody.stamps, and run exhibit stamps retry.",
  },
  PROOF_INVALID: {
    action: "never",
    status: 409,
    meaning: "The proof doesn't prove what it says.",
    remedy: "Ask whoever sent it for the proof and the seal that belong together.",
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

export const errorCodes = Object.keys(errorTable) as ErrorCode[];
