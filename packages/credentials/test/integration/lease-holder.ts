import { createBroker, parseLeaseKeys } from "../../src/index.ts";
import { redisLeaseStore } from "../../src/stores/redis-lease-store.ts";
import { fakeFolder, fakeVendors } from "./fake-vendor.ts";

// A process of its own that asks a vendor which never answers, so that it can be killed while it
// has the turn. Arguments: the address of Redis, the lease key.
const [url = "", key = ""] = process.argv.slice(2);
const keys = parseLeaseKeys(key);
if (typeof keys === "string") throw new Error(keys);

const broker = createBroker({
  store: redisLeaseStore({ url, keys }),
  vendors: fakeVendors(() => {
    process.stdout.write("it asks\n");
    return new Promise(() => {});
  }),
});
// Something has to keep the process alive: the turn's renewal doesn't.
setInterval(() => {}, 1_000);
await broker.lease(fakeFolder);
