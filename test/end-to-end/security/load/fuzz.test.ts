import { fuzzEveryRoute } from "../../../support/fuzz/fuzz.ts";

// The long run is fuzz.long.test.ts.
fuzzEveryRoute({ each: 10 });
