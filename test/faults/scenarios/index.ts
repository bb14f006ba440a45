import { faultOf } from "../kinds/index.ts";
import { inTheMiddle, type Scenario } from "../scenario.ts";

export const scenarios: readonly Scenario[] = [
  inTheMiddle(faultOf("worker-killed"), "One worker is killed (-9).", { isShort: true }),
  inTheMiddle(faultOf("workers-killed"), "All workers are killed (-9)."),
  inTheMiddle(faultOf("api-killed"), "The API is killed (-9)."),
  inTheMiddle(faultOf("redis-emptied"), "Redis is emptied (FLUSHALL).", { isShort: true }),
  inTheMiddle(faultOf("oss-500"), "OSS answers 500.", { isShort: true, seconds: 3 }),
];
