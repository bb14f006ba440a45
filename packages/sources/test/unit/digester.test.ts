import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createByteDigester } from "../../src/digests/byte-digester.ts";
import { createDigester } from "../../src/digests/digester.ts";

const emergency = "This is a test of the emergency broadcast system.";

describe("A digester", () => {
  it("returns each piece's CRC64, and the whole file's SHA-256 with the last piece", () => {
    const digester = createDigester();
    const first = digester.digest(Buffer.from("123456789"), false);
    expect(first).toEqual({ crc64: 11051210869376104954n, sha256: undefined, sm3: undefined });
    expect(digester.digest(Buffer.from(emergency), true)).toEqual({
      crc64: 0x27db187fc15bbc72n,
      sha256: createHash("sha256").update(`123456789${emergency}`).digest(),
      sm3: undefined,
    });
  });

  it("returns the SM3 as well where it is asked for", () => {
    const digester = createDigester({ withSm3: true });
    expect(digester.digest(Buffer.from("a"), false).sm3).toBeUndefined();
    // GB/T 32905-2016, A.1: the digest of "abc".
    expect(Buffer.from(digester.digest(Buffer.from("bc"), true).sm3 ?? []).toString("hex")).toBe(
      "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
    );
  });

  it("doesn't mix with another one that is used at the same time", () => {
    const [one, two] = [createDigester(), createDigester()];
    one.digest(Buffer.from("1234"), false);
    two.digest(Buffer.from(emergency), false);
    const { crc64, sha256 } = one.digest(Buffer.from("56789"), true);
    expect(crc64).not.toBe(11051210869376104954n);
    expect(sha256).toEqual(createHash("sha256").update("123456789").digest());
  });
});

it("A digester of bytes makes one CRC64 and one SHA-256 of all pieces, of whatever sizes", () => {
  const digester = createByteDigester();
  for (const piece of ["123456789", "", emergency]) digester.update(Buffer.from(piece));
  expect(digester.finish()).toEqual({
    crc64: 7672622622872733320n,
    sha256: createHash("sha256").update(`123456789${emergency}`).digest(),
  });
});
