/** What `exhibit --help` shows below the commands. */
export const guide = `
Examples:
  exhibit up                                  try it: everything in one process, with a sample case; nothing leaves the machine
  exhibit up --once ~/photos                  the same with a folder of your own, then exit
  exhibit import /evidence/1001 --entrust E-77 --suit 1001
  exhibit status                              the latest imports
  exhibit case E-77                           is everything of a case in OSS, and what is missing?
  exhibit files ID --csv --output files.csv   every file with its place and proof, for a spreadsheet
  exhibit files ID --state failed             what failed
  exhibit retry ID                            retry what failed
  exhibit retry ID --code VENDOR_REFUSED      only files that failed with this code
  exhibit waive ID --code SOURCE_IO --why "the disk is gone"
  exhibit accept ID --folder 7 --why "moved"  show the folder's new destination; with --to, accept it
  exhibit change ID --priority urgent         or --title, --label key:value
  exhibit cancel ID --why "the wrong case"
  exhibit pause ID                            pause an import; resume ID continues it
  exhibit pause --vendor kongur --why "they asked us to stop until Monday"
  exhibit audit ID                            who did what to it, when and why
  exhibit vendors check kongur --suit 1001    does the vendor grant a lease, and does OSS accept it?
  exhibit bwlimit "08:00,2M 19:00,off"        limit the bandwidth by day
  exhibit keys create clerk --role producer --entrust E-77
                                              a key that may import for one case; exhibit keys lists them
  exhibit migrate                             before the first start of a new release: migrate the ledger

Exit codes:
  0  done (an import: sealed)
  1  the import isn't sealed: files failed, or it was cancelled; for case: it isn't complete
  2  bad use: fix the command line, the configuration or the request
  3  the API or a service that it needs is unreachable; for vendors check: the vendor or OSS

Environment:
  EXHIBIT_CONFIG        path of exhibit.yaml, which has the vendors and the folders that may be read (exhibit.yaml in this folder)
  EXHIBIT_REDIS_URL     Redis or Valkey for the queues; without it they are embedded in the process
  EXHIBIT_REDIS_PREFIX  what keeps several fleets on one Redis apart (exhibit)
  EXHIBIT_REDIS_CA_FILE certificates (PEM) of your own authority, for a Redis with TLS
  EXHIBIT_ALLOW_EVICTION
                        1 accepts a Redis that evicts keys when it runs out of memory
  EXHIBIT_DATABASE_URL  Postgres for the ledger; without it the ledger is embedded in the process
  EXHIBIT_LEASE_KEY     id:<32 bytes in Base64>: shares leases through Redis, encrypted; of several keys,
                        separated by commas, the first encrypts and all decrypt
                        (EXHIBIT_LEASE_KEY_FILE, …REDIS_URL_FILE, …DATABASE_URL_FILE, …API_KEY_FILE: a file that holds the value)
  EXHIBIT_SEAL_KEY      the private key (PEM) that workers sign seals with (EXHIBIT_SEAL_KEY_FILE: a file with it)
  EXHIBIT_SEAL_KEY_OLD  the key that it replaces, which vouches for it (EXHIBIT_SEAL_KEY_OLD_FILE)
  EXHIBIT_DATA_DIR      where the embedded engine keeps its data (.exhibit); those of a trial are in its subfolder trial
  EXHIBIT_API_HOST      the address on which the API listens (127.0.0.1)
  EXHIBIT_API_PORT      the port on which it listens (7400)
  EXHIBIT_API_HOSTS     further names by which the API may be called, such as a proxy's; others are refused
  EXHIBIT_API_URL       the address at which commands find the API
  EXHIBIT_API_READS_PER_MINUTE
                        requests that change nothing and that one client may send a minute (1200), or off
  EXHIBIT_API_WRITES_PER_MINUTE
                        the same for those that change something (120)
  EXHIBIT_API_KEY       the key that commands show the API (the one that an API of this machine made for itself)
  EXHIBIT_GRACE         seconds that running work may take to end when a worker is stopped (10)
  OTEL_*                OpenTelemetry, which is off when none is set`;
