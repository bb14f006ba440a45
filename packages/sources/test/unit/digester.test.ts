import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createByteDigester } from "../../src/digests/byte-digester.ts";
import { createDigester } from "../../src/digests/digester.ts";

const emergency = "This is a test of the emergency broadcast system.";

describe("A digester", () => {
  it("returns each piece's CRC64, and the whole file's SHA-256 with the last piece", () => {
    const digester = createDigester();
    const first = digester.digest(Buffer.from("123456789"), false);
    expect(first).toEqual({ crc64: 11051210869376104954n, sha256: undefined });
    expect(digester.digest(Buffer.from(emergency), true)).toEqual({
      crc64: 0x27db187fc15bbc72n,
      sha256: createHash("sha256").update(`123456789${emergency}`).digest(),
    });
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
