import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { crc64Combine, createDigesterPool } from "../../src/digests.ts";

const emergency = "This is a test of the emergency broadcast system.";

async function digestsOf(...chunks: string[]) {
  const digester = await createDigesterPool().start();
  for (const chunk of chunks) digester.update(Buffer.from(chunk));
  return digester.finish();
}

describe("digests", () => {
  it.each([
    ["123456789", 11051210869376104954n],
    [emergency, 0x27db187fc15bbc72n],
    [`123456789${emergency}`, 7672622622872733320n],
    ["", 0n],
  ])("gives the published CRC64 of %j", async (text, crc64) => {
    expect((await digestsOf(text)).crc64).toBe(crc64);
  });

  it("gives SHA-256 and CRC64 of all chunks in one pass", async () => {
    const digests = await digestsOf("1234", "", "56789", emergency);
    expect(digests.crc64).toBe(7672622622872733320n);
    expect(digests.sha256).toEqual(createHash("sha256").update(`123456789${emergency}`).digest());
  });

  it("gives each part's CRC64 at a cut and goes on with the whole's", async () => {
    const digester = await createDigesterPool().start();
    digester.update(Buffer.from("123456789"));
    expect(digester.cut()).toBe(11051210869376104954n);
    digester.update(Buffer.from(emergency));
    expect(digester.cut()).toBe(0x27db187fc15bbc72n);
    expect(digester.finish().crc64).toBe(7672622622872733320n);
  });

  it("combines the CRC64s of two pieces, empty ones too", () => {
    expect(crc64Combine(11051210869376104954n, 0x27db187fc15bbc72n, emergency.length)).toBe(
      7672622622872733320n,
    );
    expect(crc64Combine(11051210869376104954n, 0n, 0)).toBe(11051210869376104954n);
    expect(crc64Combine(0n, 11051210869376104954n, 9)).toBe(11051210869376104954n);
  });

  it("starts anew with a hasher that an abandoned pass gave back", async () => {
    const pool = createDigesterPool();
    const abandoned = await pool.start();
    abandoned.update(Buffer.from("noise"));
    abandoned.drop();
    const digester = await pool.start();
    digester.update(Buffer.from("123456789"));
    expect(digester.finish().crc64).toBe(11051210869376104954n);
  });

  it("keeps two passes at a time apart", async () => {
    const pool = createDigesterPool();
    const [one, two] = [await pool.start(), await pool.start()];
    one.update(Buffer.from("1234"));
    two.update(Buffer.from(emergency));
    one.update(Buffer.from("56789"));
    expect(one.finish().crc64).toBe(11051210869376104954n);
    expect(two.finish().crc64).toBe(0x27db187fc15bbc72n);
  });
});
