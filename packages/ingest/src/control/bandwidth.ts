import {
  type BandwidthRequest,
  type BandwidthView,
  isUnscoped,
  parseBwlimit,
  rateAt,
  UNNAMED_ACTOR,
} from "@exhibit/contracts";
import { type Ledger, readBandwidth, setBwlimit } from "@exhibit/ledger";
import { outsideScope, type Scoped } from "./scoped.ts";

/** The limit on what all workers of a ledger send together. */
export interface Bandwidth {
  /** Returns the limit. Only those whose scope has no limits are told who changed it, and why. */
  get(): Promise<BandwidthView>;
  /**
   * Sets the limit; workers keep to it within five seconds. Throws REQUEST_INVALID for one that
   * can't be parsed, and AUTH_FORBIDDEN for whoever has a scope: the limit is everybody's.
   */
  set(request: BandwidthRequest, who?: string): Promise<BandwidthView>;
}

export const NO_LIMIT = "off";

export function createBandwidth(ledger: Ledger): Scoped<Bandwidth> {
  async function get(): Promise<BandwidthView> {
    const { changes, workers } = await readBandwidth(ledger);
    const limit = changes[0]?.limit ?? NO_LIMIT;
    return { limit, bytes_per_second: rateAt(parseBwlimit(limit), new Date()), workers, changes };
  }
  return {
    within(scope) {
      if (!isUnscoped(scope)) {
        return {
          get: async () => ({ ...(await get()), changes: [] }),
          async set() {
            throw outsideScope(
              "The bandwidth is shared by all imports: only somebody whose scope has no limits may set it.",
            );
          },
        };
      }
      return {
        get,
        async set({ limit, why }, who = UNNAMED_ACTOR) {
          parseBwlimit(limit);
          await setBwlimit(ledger, limit, { who, why });
          return await get();
        },
      };
    },
  };
}
