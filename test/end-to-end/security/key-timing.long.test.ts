import { randomBytes } from "node:crypto";
import { makeApiKey } from "@exhibit/access";
import { type KeyRequest, keyRequest, localPrincipal } from "@exhibit/contracts";
import { createAccess, type Keys } from "@exhibit/ingest";
import { ledgerKinds } from "@exhibit/ledger/testing";
import { expect, test } from "vitest";

/** How often each kind of key is tried, in rounds in which the kinds take turns. */
const ROUNDS = 2_000;
/** Rounds whose times are taken together. */
const BLOCK = 50;
/** Milliseconds: less than this can't be seen through a network, whatever the noise is here. */
const INVISIBLE = 0.15;

/**
 * Whether a key exists, was revoked or has expired must not be told by how long its refusal takes: each is
 * found out by one read of the ledger and one comparison. A malformed key is refused before that, by its
 * checksum, which everybody can compute: that it is faster tells nothing.
 */
test("A key that is refused takes as long as any other, whatever is wrong with it", async () => {
  const { ledger, remove } = await (ledgerKinds.Postgres ?? ledgerKinds.PGlite)();
  const now = Date.now();
  const access = createAccess(ledger, { now: () => now });
  const make = (more: Partial<KeyRequest>, keys: Keys = access.keys) =>
    keys.create(
      keyRequest.parse({ role: "viewer", name: randomBytes(6).toString("hex"), ...more }),
      {
        principal: localPrincipal,
      },
    );
  const [known, revoked] = [await make({}), await make({})];
  await access.keys.revoke(revoked.key_id, {}, { principal: localPrincipal });
  const earlier = createAccess(ledger, { now: () => now - 2 * 86_400_000 });
  const expired = await make({ expires_in_days: 1 }, earlier.keys);
  const kinds: Record<string, () => string> = {
    unknown: () => makeApiKey().text,
    // The same once more: how much it differs from itself is the noise of this machine.
    "unknown again": () => makeApiKey().text,
    "with a wrong secret": () => makeApiKey(known.key_id).text,
    revoked: () => revoked.key,
    expired: () => expired.key,
  };

  const times = new Map(Object.keys(kinds).map((kind) => [kind, [] as number[]]));
  const entries = Object.entries(kinds);
  for (let round = 0; round < ROUNDS; round++) {
    for (let turn = 0; turn < entries.length; turn++) {
      // Each kind comes at each place of a round as often as any other.
      const [kind, textOf] = entries[(turn + round) % entries.length] ?? ["", () => ""];
      const authorization = `Bearer ${textOf()}`;
      const began = performance.now();
      expect(await access.authenticate({ authorization })).toBeUndefined();
      times.get(kind)?.push(performance.now() - began);
    }
  }
  await remove();

  const noise = Math.abs(differenceOf("unknown", "unknown again").middle);
  for (const kind of Object.keys(kinds).slice(2)) {
    const { middle, spread } = differenceOf("unknown", kind);
    const tolerated = INVISIBLE + 3 * noise + 3 * spread;
    expect(Math.abs(middle), `${kind}, in milliseconds`).toBeLessThan(tolerated);
  }

  /** How much longer one kind takes than another: medians of blocks, which no single pause moves. */
  function differenceOf(one: string, other: string) {
    const [own, others] = [blocksOf(times.get(one)), blocksOf(times.get(other))];
    const differences = own.map((value, at) => value - (others[at] ?? Number.NaN));
    const middle = median(differences);
    const deviation = median(differences.map((each) => Math.abs(each - middle)));
    return { middle, spread: deviation / Math.sqrt(differences.length) };
  }
});

function blocksOf(times: readonly number[] = []): number[] {
  const count = Math.floor(times.length / BLOCK);
  return Array.from({ length: count }, (_, at) =>
    median(times.slice(at * BLOCK, (at + 1) * BLOCK)),
  );
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
