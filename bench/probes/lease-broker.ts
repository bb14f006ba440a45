import { createBroker, createVendors, folderKey, type Vendor } from "@exhibit/credentials";

// What a file costs the broker while the lease is held: node bench/probes/lease-broker.ts
// As in a worker, the files of a shard ask with one object and a signal, and each shard (256 files)
// has a new object.

const FILES = 1_000_000;
const FILES_OF_SHARD = 256;

const { kongur } = createVendors({
  kongur: {
    gateway: "http://127.0.0.1:1/router/rest",
    app_key: "1",
    app_secret: "s",
    kongur_app_key: "k",
    oss: { endpoint: "https://oss.test", region: "cn-test", bucket: "evidence" },
  },
});
const issue: Vendor["issue"] = async () => ({
  leases: [
    {
      credentials: { accessKeyId: "STS.1", accessKeySecret: "s", securityToken: "t" },
      bucket: {
        endpoint: "https://oss.test",
        region: "cn-test",
        name: "evidence",
        pathStyle: false,
        signatureVersion: "v4",
      },
      folders: { [folderKey({ suit_id: "1001" })]: "suits/1001/" },
      prefixes: ["suits/1001/"],
      ends: { after: 3_600_000 },
    },
  ],
  refusals: [],
});

const broker = createBroker({ vendors: { kongur: { ...(kongur as Vendor), issue } } });
const { signal } = new AbortController();
const folder = () => ({
  vendor: "kongur",
  entrust_id: "E-77",
  suit_ids: ["1001", "1002"],
  folder: { suit_id: "1001" },
});

/** Returns microseconds per file. */
async function measure(filesOfShard: number): Promise<number> {
  const started = performance.now();
  let of = folder();
  for (let file = 0; file < FILES; file += 1) {
    if (file % filesOfShard === 0) of = folder();
    await broker.lease(of, { minimumRemaining: 60_000, signal });
  }
  return ((performance.now() - started) * 1000) / FILES;
}

await measure(FILES_OF_SHARD);
const inShards = await measure(FILES_OF_SHARD);
const alone = await measure(1);
process.stdout.write(
  `${inShards.toFixed(2)} µs a file in shards of ${FILES_OF_SHARD}; ${alone.toFixed(2)} µs when each file is a shard of its own\n`,
);
broker.close();
