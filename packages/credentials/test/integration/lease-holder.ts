import { createBroker } from "../../src/index.ts";
import { redisLeaseStore } from "../../src/stores/redis-lease-store.ts";
import { ring, suit1, vendorOf } from "../answers.ts";

// A process of its own that asks a vendor which never answers, so that it can be killed while it
// has the turn. The argument is the address of Redis.
const [url = ""] = process.argv.slice(2);

const broker = createBroker({
  store: redisLeaseStore({ url, keys: ring("a") }),
  vendors: {
    fake: vendorOf(() => {
      process.stdout.write("it asks\n");
      return new Promise(() => {});
    }),
  },
});
// Something has to keep the process alive: the turn's renewal doesn't.
setInterval(() => {}, 1_000);
await broker.lease(suit1);
