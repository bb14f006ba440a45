import type { CommandModule } from "./command.ts";

type Load = () => Promise<CommandModule>;

/**
 * All commands, in the order in which `exhibit --help` shows them. Each is loaded only when it is
 * needed, so that no command waits for the modules of the others.
 */
const table: Readonly<Record<string, Load>> = {
  up: async () => (await import("./services/up.ts")).upCommand,
  import: async () => (await import("./imports/import.ts")).importCommand,
  status: async () => (await import("./imports/status.ts")).statusCommand,
  case: async () => (await import("./cases/case.ts")).caseCommand,
  sources: async () => (await import("./imports/sources.ts")).sourcesCommand,
  files: async () => (await import("./imports/files.ts")).filesCommand,
  failures: async () => (await import("./failures/failures.ts")).failuresCommand,
  seal: async () => (await import("./custody/seal.ts")).sealCommand,
  prove: async () => (await import("./custody/prove.ts")).proveCommand,
  report: async () => (await import("./custody/report.ts")).reportCommand,
  export: async () => (await import("./custody/export.ts")).exportCommand,
  fetch: async () => (await import("./custody/fetch.ts")).fetchCommand,
  verify: async () => (await import("./custody/verify.ts")).verifyCommand,
  register: async () => (await import("./custody/register.ts")).registerCommand,
  "seal-keys": async () => (await import("./custody/seal-keys.ts")).sealKeysCommand,
  stamps: async () => (await import("./custody/stamps.ts")).stampsCommand,
  deposits: async () => (await import("./custody/deposits.ts")).depositsCommand,
  watch: async () => (await import("./imports/watch.ts")).watchCommand,
  retry: async () => (await import("./imports/retry.ts")).retryCommand,
  waive: async () => (await import("./imports/waive.ts")).waiveCommand,
  accept: async () => (await import("./imports/accept.ts")).acceptCommand,
  change: async () => (await import("./imports/change.ts")).changeCommand,
  cancel: async () => (await import("./imports/cancel.ts")).cancelCommand,
  pause: async () => (await import("./imports/pause.ts")).pauseCommand,
  resume: async () => (await import("./imports/resume.ts")).resumeCommand,
  audit: async () => (await import("./imports/audit.ts")).auditCommand,
  vendors: async () => (await import("./vendors/vendors.ts")).vendorsCommand,
  bwlimit: async () => (await import("./services/bwlimit.ts")).bwlimitCommand,
  webhooks: async () => (await import("./webhooks/webhooks.ts")).webhooksCommand,
  keys: async () => (await import("./keys/keys.ts")).keysCommand,
  api: async () => (await import("./services/api.ts")).apiCommand,
  worker: async () => (await import("./services/worker.ts")).workerCommand,
  migrate: async () => (await import("./services/migrate.ts")).migrateCommand,
  sandbox: async () => (await import("./services/sandbox.ts")).sandboxCommand,
  completion: async () => (await import("./completion/completion.ts")).completionCommand,
};

/** These name other commands, so that all have to be there. */
const namingOthers: ReadonlySet<string> = new Set(["completion"]);

/** Loads the command that is named, or all of them when none is, or one that doesn't exist. */
export async function loadCommands(name: string | undefined): Promise<CommandModule[]> {
  const isEnough = name !== undefined && Object.hasOwn(table, name) && !namingOthers.has(name);
  const loads = isEnough ? [table[name]] : Object.values(table);
  return await Promise.all(loads.flatMap((load) => load?.() ?? []));
}
