import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { toExhibitError } from "@exhibit/contracts";
import { sandboxAccount, sandboxOwner } from "./accounts.ts";
import { type Clocks, createClocks } from "./clocks.ts";
import { createControl } from "./control.ts";
import { createGateway, type GatewayControl } from "./gateway/gateway.ts";
import { IOT_PATH } from "./gateway/iot-gateway.ts";
import { iotVendors, topVendors } from "./gateway/vendors/index.ts";
import type { VendorSetting } from "./gateway/vendors/vendor.ts";
import { type LoopbackServer, startServer } from "./http/loopback-server.ts";
import { createOss, type OssControl } from "./oss/oss.ts";
import { createCrc64Pool } from "./oss/storage/crc64.ts";
import { openObjectStorage } from "./oss/storage/object-storage.ts";
import { openUploads, type UploadSummary } from "./oss/storage/open-uploads.ts";
import { createRetentions, type Retentions } from "./oss/storage/retentions.ts";
import type { Versions } from "./oss/storage/versions.ts";
import { createTokenIssuer, type TokenIssuer } from "./tokens/token-issuer.ts";
import { type AuthorityControl, openAuthority } from "./tsa/authority.ts";

export interface SandboxOptions {
  /** Keeps the objects, also between runs. It is created if need be. Only one sandbox may use it at a time. */
  dataDir: string;
  /** The address to listen on. @defaultValue 127.0.0.1 */
  host?: string;
  /** 0 takes a free port. @defaultValue 0 */
  gatewayPort?: number;
  /** 0 takes a free port. @defaultValue 0 */
  ossPort?: number;
  /** Lifetime of tokens in seconds. @defaultValue 3600 */
  leaseSeconds?: number;
  /** Buckets besides the vendors' own. */
  buckets?: readonly string[];
  /** How many requests each log keeps. @defaultValue 10,000 */
  logLimit?: number;
}

/** Stand-ins for the vendors' gateways and for OSS, and what tests can order of them. */
export interface Sandbox {
  /** `…/router/rest` */
  readonly gatewayUrl: string;
  readonly ossUrl: string;
  /** `…/sandbox`, for other processes; see `control.ts`. */
  readonly controlUrl: string;
  readonly objectsDir: string;
  /** A long-term key that may do everything. */
  readonly owner: typeof sandboxOwner;
  readonly gateway: GatewayControl;
  readonly oss: OssControl;
  readonly tokens: Pick<
    TokenIssuer,
    "issue" | "issued" | "expireAll" | "setLifetime" | "setActions" | "actions"
  >;
  readonly clocks: Pick<Clocks, "skew">;
  /** What buckets keep, and until when their objects are kept. */
  readonly retentions: Pick<Retentions, "enable" | "keepAll" | "keptUntil">;
  /** Which buckets keep versions. */
  readonly versions: Pick<Versions, "enable">;
  /** Its authority of time stamps. */
  readonly stamps: AuthorityControl & { readonly url: string };
  /** Returns the path of an object's file, or where it would lie. */
  objectPath(bucket: string, key: string): string;
  /** Returns how many objects there are. */
  objectCount(): number;
  /** Returns the multipart uploads that are neither completed nor aborted. */
  openUploads(): UploadSummary[];
  /** Returns the content of an exhibit.yaml for this sandbox, which stamps seals if it is asked to. */
  config(
    roots: readonly string[],
    options?: { stamps?: boolean },
  ): {
    trial: true;
    sources: { roots: string[] };
    custody?: { stamps: { name: string; url: string; ca: string }[] };
    vendors: Record<string, Record<string, unknown>>;
  };
  close(): Promise<void>;
}

const TSA_PATH = "/tsa";
const DEFAULT_LEASE_SECONDS = 3600;
const DEFAULT_LOG_LIMIT = 10_000;

/** Starts a sandbox. Throws `CONFIG_INVALID` if it can't use its ports or its folder. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { host = "127.0.0.1", logLimit = DEFAULT_LOG_LIMIT } = options;
  const dataDir = resolve(options.dataDir);
  const stop = new AbortController();
  const clocks = createClocks();
  const lifetime = options.leaseSeconds ?? DEFAULT_LEASE_SECONDS;
  const tokens = createTokenIssuer({ now: clocks.oss, lifetime });
  const { storage, uploads } = await openStorage(dataDir);
  const crc64 = await createCrc64Pool();
  const retentions = createRetentions(clocks.oss);
  const oss = createOss({
    state: { storage, uploads, crc64, retentions, now: clocks.oss },
    authenticator: { tokens, region: sandboxAccount.region, now: clocks.oss },
    buckets: bucketsOf(options),
    logLimit,
    signal: stop.signal,
  });
  let ossUrl = "";
  const gateway = createGateway({
    now: clocks.gateway,
    tokens,
    ossUrl: () => ossUrl,
    logLimit,
    signal: stop.signal,
  });
  const authority = openAuthority({ dataDir: join(dataDir, "tsa"), now: clocks.gateway });
  const control = createControl({
    host,
    gateway,
    oss,
    tokens,
    clocks,
    objectCount: storage.count,
    openUploads: uploads.list,
  });

  const servers: LoopbackServer[] = [];
  let closing: Promise<void> | undefined;
  async function shutDown(): Promise<void> {
    stop.abort();
    oss.heal();
    authority.heal();
    await Promise.all(servers.map((server) => server.close()));
    storage.close();
  }
  const close = () => (closing ??= shutDown());
  try {
    const ossServer = { name: "OSS", host, port: options.ossPort ?? 0, serve: oss.serve };
    servers.push(await startServer(ossServer));
    const port = options.gatewayPort ?? 0;
    const serve = control.servingBeside((request, response) =>
      request.url === TSA_PATH
        ? authority.serve(request, response)
        : gateway.serve(request, response),
    );
    servers.push(await startServer({ name: "gateway", host, port, serve }));
  } catch (error) {
    await close();
    throw error;
  }
  const base = servers[1]?.url ?? "";
  ossUrl = servers[0]?.url ?? "";
  const gatewayUrl = `${base}/router/rest`;
  const stampsUrl = `${base}${TSA_PATH}`;
  const iotUrl = `${base}${IOT_PATH}`;

  return {
    gatewayUrl,
    ossUrl,
    controlUrl: `${base}/sandbox`,
    objectsDir: join(dataDir, "objects"),
    owner: sandboxOwner,
    gateway,
    oss,
    tokens,
    clocks,
    retentions,
    versions: storage.versions,
    objectPath: storage.pathOf,
    objectCount: storage.count,
    openUploads: uploads.list,
    stamps: Object.assign(authority, { url: stampsUrl }),
    config: (roots, { stamps = false } = {}) => ({
      trial: true,
      sources: { roots: [...roots] },
      ...(stamps && {
        custody: { stamps: [{ name: "sandbox", url: stampsUrl, ca: authority.ca }] },
      }),
      vendors: vendorConfigs({ gatewayUrl, iotUrl, ossUrl, leaseSeconds: tokens.lifetime }),
    }),
    close,
  };
}

function bucketsOf({ buckets = [] }: SandboxOptions): ReadonlySet<string> {
  const own = Object.values({ ...topVendors, ...iotVendors }).flatMap((vendor) => vendor.buckets);
  return new Set([...own, ...buckets]);
}

async function openStorage(dataDir: string) {
  try {
    await mkdir(dataDir, { recursive: true });
    return { storage: openObjectStorage(dataDir), uploads: openUploads(join(dataDir, "uploads")) };
  } catch (error) {
    throw toExhibitError(error, "CONFIG_INVALID");
  }
}

function vendorConfigs(setting: VendorSetting) {
  const sections = Object.entries({ ...topVendors, ...iotVendors }).map(([name, vendor]) => [
    name,
    vendor.config(setting),
  ]);
  return Object.fromEntries(sections) as Record<string, Record<string, unknown>>;
}
