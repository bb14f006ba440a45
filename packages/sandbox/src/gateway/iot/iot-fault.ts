import type { RefusingFault } from "../gateway-fault.ts";
import { failedInBackend, IotError } from "./iot-error.ts";

/** Returns the error with which the IoT gateway refuses a call that a fault applies to. */
export function iotRefusal(fault: RefusingFault): IotError {
  switch (fault.mood) {
    case "denied":
      return failedInBackend(403, "request forbidden.");
    case "throttled": {
      // Any code of six characters marks an error as the gateway's own.
      const more = { errorCode: "T429AP", retryAfter: fault.banSeconds };
      return new IotError(403, 403, "Request Limited: Throttled by APP Flow Control", more);
    }
    case "unavailable":
      return failedInBackend(20004, "Backend Service Error");
    case "error":
      return failedInBackend(fault.code, fault.message);
  }
}
