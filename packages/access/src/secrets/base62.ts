import { randomBytes } from "node:crypto";

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * The bytes from here up aren't used: the 256 values of a byte aren't a multiple of 62, so that a
 * remainder alone would prefer the first eight digits.
 */
const UNBIASED_BELOW = 256 - (256 % DIGITS.length);

/** Returns this many random base62 digits, each as likely as any other. */
export function randomBase62(length: number): string {
  let digits = "";
  while (digits.length < length) {
    for (const byte of randomBytes(length - digits.length)) {
      if (byte < UNBIASED_BELOW) digits += DIGITS[byte % DIGITS.length];
    }
  }
  return digits;
}

/** Returns a whole number in base62, with zeros in front of it up to a length. */
export function toBase62(number: number, length: number): string {
  let digits = "";
  for (let rest = number; rest > 0; rest = Math.floor(rest / DIGITS.length)) {
    digits = DIGITS[rest % DIGITS.length] + digits;
  }
  return digits.padStart(length, "0");
}
