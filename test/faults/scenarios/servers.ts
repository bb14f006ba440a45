import { faultOf } from "../kinds/index.ts";
import { inTheMiddle, type Scenario } from "../scenario.ts";

export const servers: readonly Scenario[] = [
  inTheMiddle(faultOf("redis-restarted"), "Redis is restarted."),
  inTheMiddle(faultOf("redis-killed"), "Redis is killed (-9) and started again."),
  inTheMiddle(faultOf("redis-gone"), "Redis is gone for 20 s.", { seconds: 20 }),
  inTheMiddle(faultOf("redis-emptied"), "Redis is emptied (FLUSHALL)."),
  inTheMiddle(faultOf("redis-full"), "Redis has no memory left for 10 s.", { seconds: 10 }),
  inTheMiddle(faultOf("postgres-restarted"), "Postgres is restarted."),
  inTheMiddle(faultOf("postgres-killed"), "Postgres crashes and is started again.", {
    isShort: true,
  }),
  inTheMiddle(faultOf("postgres-gone"), "Postgres is gone for 20 s.", { seconds: 20 }),
];
