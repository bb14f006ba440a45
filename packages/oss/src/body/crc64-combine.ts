/** Bits are reflected: bit 63 stands for x^0. */
const POLYNOMIAL = 0xc96c5795d7870f42n;
const ONE = 1n << 63n;
const X_TO_THE_8TH = 1n << 55n;

/**
 * Returns the CRC64 of A‖B from the CRC64s of A and of B and the length of B, so that each piece of
 * a file is digested once.
 */
export function crc64Combine(a: bigint, b: bigint, lengthOfB: number): bigint {
  return a === 0n ? b : multiply(shiftBy(lengthOfB), a) ^ b;
}

/** The last shift is kept because all pieces of a file but the last have the same length. */
let lastShift = { length: 0, shift: ONE };

/** Returns x to the power of 8 times the length. */
function shiftBy(length: number): bigint {
  if (lastShift.length === length) return lastShift.shift;
  let shift = ONE;
  let square = X_TO_THE_8TH;
  for (let bytes = BigInt(length); bytes > 0n; bytes >>= 1n) {
    if (bytes & 1n) shift = multiply(shift, square);
    square = multiply(square, square);
  }
  lastShift = { length, shift };
  return shift;
}

/** Returns the product of two polynomials over GF(2), modulo that of the CRC. */
function multiply(a: bigint, b: bigint): bigint {
  let product = 0n;
  let shifted = b;
  for (let bit = ONE; bit > 0n; bit >>= 1n) {
    if (a & bit) product ^= shifted;
    shifted = shifted & 1n ? (shifted >> 1n) ^ POLYNOMIAL : shifted >> 1n;
  }
  return product;
}
