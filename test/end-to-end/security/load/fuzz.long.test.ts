import { fuzzEveryRoute } from "../../../support/fuzz/fuzz.ts";

fuzzEveryRoute({ each: 200 });
