import { expect, it } from "vitest";
import { crc64Combine } from "../../../src/body/crc64-combine.ts";

const digits = 11051210869376104954n; // of "123456789"
const emergency = 0x27db187fc15bbc72n; // of "This is a test of the emergency broadcast system."
const lengthOfEmergency = 49;

it("combines the CRC64s of two pieces, empty ones too", () => {
  expect(crc64Combine(digits, emergency, lengthOfEmergency)).toBe(7672622622872733320n);
  expect(crc64Combine(digits, 0n, 0)).toBe(digits);
  expect(crc64Combine(0n, digits, 9)).toBe(digits);
});
