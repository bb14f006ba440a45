import { faultOf } from "../kinds/index.ts";
import { inTheMiddle, type Scenario } from "../scenario.ts";

export const vendor: readonly Scenario[] = [
  inTheMiddle(faultOf("vendor-down"), "The vendor's gateway answers 502 for 10 s.", {
    seconds: 10,
  }),
  inTheMiddle(faultOf("vendor-unavailable"), "The vendor's service can't be reached for 10 s.", {
    seconds: 10,
  }),
  inTheMiddle(faultOf("vendor-reset"), "The vendor's gateway cuts connections for 10 s.", {
    seconds: 10,
  }),
  inTheMiddle(faultOf("vendor-throttled"), "The vendor's gateway asks for a pause of 5 s.", {
    seconds: 8,
  }),
  inTheMiddle(faultOf("vendor-slow"), "The vendor's gateway takes 3 s for an answer.", {
    seconds: 8,
  }),
  inTheMiddle(faultOf("vendor-malformed"), "The vendor's answers end in the middle.", {
    seconds: 5,
  }),
];
