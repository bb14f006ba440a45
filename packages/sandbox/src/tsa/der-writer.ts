// DER as an authority writes it. The product has a reader and a writer of its own: what is wrong in one
// of the two mustn't be right for the other.

/** Returns an element of DER. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
}

export const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
export const octets = (bytes: Uint8Array) => der(0x04, bytes);
export const tagged = (number: number, ...parts: readonly Uint8Array[]) =>
  der(0xa0 + number, ...parts);
export const absent = der(0x05);
export const yes = der(0x01, Buffer.from([0xff]));
/** The bits of whole bytes. */
export const bits = (bytes: Uint8Array) => der(0x03, Buffer.from([0]), bytes);
export const text = (value: string) => der(0x0c, Buffer.from(value));

/** Returns a set, whose elements are sorted by their bytes. */
export function set(...parts: readonly Uint8Array[]): Buffer {
  return der(0x31, ...parts.toSorted(Buffer.compare));
}

/** Returns a number that isn't negative. */
export function integer(value: number | Uint8Array): Buffer {
  const bytes =
    typeof value === "number"
      ? Buffer.from(value.toString(16).padStart(8, "0"), "hex")
      : Buffer.from(value);
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Buffer.from([0]) : bytes.subarray(first);
  const isNegative = (digits[0] ?? 0) >= 0x80;
  return der(0x02, ...(isNegative ? [Buffer.from([0])] : []), digits);
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [40 * first + second, ...rest].flatMap((part) => {
    const groups = [part & 0x7f];
    for (let left = part >>> 7; left > 0; left >>>= 7) groups.unshift(0x80 | (left & 0x7f));
    return groups;
  });
  return der(0x06, Buffer.from(bytes));
}

/** Returns a GeneralizedTime of whole seconds. */
export function time(at: Date): Buffer {
  return der(0x18, Buffer.from(`${at.toISOString().replace(/\D/g, "").slice(0, 14)}Z`));
}

/** Returns the elements that bytes are, each as a whole and by its body; what isn't DER comes to nothing. */
export function elements(bytes: Buffer): { bytes: Buffer; body: Buffer; tag: number }[] {
  const found = [];
  for (let at = 0; at + 1 < bytes.length; ) {
    const short = bytes.readUInt8(at + 1);
    const count = short < 0x80 ? 0 : Math.min(short & 0x7f, 4);
    const begin = at + 2 + count;
    if (begin > bytes.length) break;
    const length = count === 0 ? short & 0x7f : bytes.readUIntBE(at + 2, count);
    const end = begin + length;
    found.push({
      tag: bytes.readUInt8(at),
      body: bytes.subarray(begin, end),
      bytes: bytes.subarray(at, end),
    });
    at = end;
  }
  return found;
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const size = length < 0x100 ? 1 : length < 0x10000 ? 2 : 3;
  const bytes = Buffer.alloc(1 + size, 0x80 + size);
  bytes.writeUIntBE(length, 1, size);
  return bytes;
}
