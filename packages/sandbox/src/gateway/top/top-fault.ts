import type { RefusingFault } from "../gateway-fault.ts";
import { TopError, topError } from "./top-error.ts";

/** Returns the error with which TOP refuses a call that a fault applies to. */
export function topRefusal(fault: RefusingFault): TopError {
  switch (fault.mood) {
    case "denied":
      return topError(
        11,
        "isv.permission-api-package-limit",
        "The app has no right to call this API",
      );
    case "throttled":
      return topError(
        7,
        "accesscontrol.limited-by-app-access-count",
        `This ban will last for ${fault.banSeconds} more seconds`,
      );
    case "unavailable":
      return topError(15, "isp.top-remote-service-unavailable", "The service can't be reached");
    case "error":
      return new TopError(fault.code, fault.message, fault.subCode, fault.subMessage);
  }
}
