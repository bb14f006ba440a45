import { buildApi } from "@exhibit/api";
import { type Environment, parseConfig } from "@exhibit/config";
import { everything, localPrincipal, type Principal } from "@exhibit/contracts";
import { openServices } from "@exhibit/runtime";
import { startSandbox } from "@exhibit/sandbox";
import { createLogger } from "@exhibit/telemetry";

// A process that serves one API at two addresses: at one it checks each key, at the other it believes
// whoever asks. Only so the cost of the check is measured in the same process, ledger and minute.

/** What the parent gives, as JSON, in the arguments. */
export interface ServerOptions {
  readonly folder: string;
  readonly root: string;
  readonly databaseUrl?: string;
  readonly redisUrl?: string;
  /** How many keys are made. */
  readonly keys: number;
}

/** What the parent is told when it listens. */
export interface Listening {
  readonly checked: string;
  readonly believed: string;
  readonly keys: readonly string[];
}

const options = JSON.parse(process.argv[2] ?? "{}") as ServerOptions;
const { folder, root, databaseUrl, redisUrl } = options;

const sandbox = await startSandbox({ dataDir: `${folder}/sandbox` });
const config = parseConfig({ ...sandbox.config([root]), trial: true }, "the sandbox");
const environment: Environment = {
  dataDir: `${folder}/data`,
  apiHost: "127.0.0.1",
  apiPort: 0,
  apiUrl: "",
  graceMs: 1_000,
  apiRates: {},
  ...(databaseUrl !== undefined && { databaseUrl }),
  ...(redisUrl !== undefined && { redisUrl }),
};
// Lines are made as in production, and written nowhere.
const logger = createLogger({
  service: "api",
  secrets: [],
  level: "info",
  destination: { write: () => undefined },
});
const services = await openServices({ environment, config, logger });
const principal: Principal = {
  name: "key:believed",
  role: "admin",
  scope: everything,
  mayNameOthers: false,
};
const checking = await buildApi({ ...services, logger });
const believing = await buildApi({ ...services, authenticate: async () => principal, logger });
const keys: string[] = [];
for (let at = 0; at < options.keys; at += 1) {
  const rights = { role: "admin", scope: {}, may_name_others: false, expires_in_days: 1 } as const;
  const made = await services.keys.create(
    { name: `load-${at}`, ...rights },
    { principal: localPrincipal },
  );
  keys.push(made.key);
}
const listen = { host: "127.0.0.1", port: 0 };
const listening: Listening = {
  checked: await checking.listen(listen),
  believed: await believing.listen(listen),
  keys,
};
process.on("message", (asked) => {
  if (asked === "cpu") process.send?.(process.cpuUsage());
  else if (asked === "check") void checkAlone().then((cost) => process.send?.(cost));
});
/** Returns the microseconds of CPU of the check of a key alone, without the request around it. */
async function checkAlone(): Promise<number> {
  const times = 50_000;
  const before = process.cpuUsage();
  for (let at = 0; at < times; at += 1) {
    await services.authenticate({ authorization: `Bearer ${keys[at % keys.length]}` });
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}

process.on("disconnect", () => process.exit(0));
process.send?.(listening);
