import {
  type BandwidthRequest,
  type BandwidthView,
  parseBwlimit,
  rateAt,
  UNNAMED_ACTOR,
} from "@exhibit/contracts";
import { type Ledger, readBandwidth, setBwlimit } from "@exhibit/ledger";

/** The limit on what all workers of a ledger send together. */
export interface Bandwidth {
  get(): Promise<BandwidthView>;
  /**
   * Sets the limit; workers keep to it within five seconds. Throws REQUEST_INVALID for one that
   * can't be parsed.
   */
  set(request: BandwidthRequest, who?: string): Promise<BandwidthView>;
}

export const NO_LIMIT = "off";

export function createBandwidth(ledger: Ledger): Bandwidth {
  async function get(): Promise<BandwidthView> {
    const { changes, workers } = await readBandwidth(ledger);
    const limit = changes[0]?.limit ?? NO_LIMIT;
    return { limit, bytes_per_second: rateAt(parseBwlimit(limit), new Date()), workers, changes };
  }
  return {
    get,
    async set({ limit, why }, who = UNNAMED_ACTOR) {
      parseBwlimit(limit);
      await setBwlimit(ledger, limit, { who, why });
      return await get();
    },
  };
}
