// DER, as far as time stamps and certificates need it (ITU-T X.690). What isn't DER is refused: of two
// readings of the same bytes, one could be ours and the other that of whoever checks after us.

/** An element: `bytes` is all of it, `body` what is behind its tag and length. */
export interface Der {
  readonly tag: number;
  readonly body: Buffer;
  readonly bytes: Buffer;
}

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
  /** `[0]` and those that follow, of more elements or of one. */
  within: (number: number) => 0xa0 + number,
} as const;

/** That bytes aren't what they have to be. Its message goes on after "it". */
export class DerError extends Error {}

/** Reads the one element that the bytes are. Throws DerError. */
export function readDer(bytes: Buffer): Der {
  const [first, ...more] = elementsOf(bytes);
  if (first === undefined || more.length > 0) throw new DerError("isn't one element of DER");
  return first;
}

/** Reads the elements that the bytes are, one after the other. Throws DerError. */
export function elementsOf(bytes: Buffer): Der[] {
  const found: Der[] = [];
  for (let at = 0; at < bytes.length; ) {
    const element = elementAt(bytes, at);
    found.push(element);
    at += element.bytes.length;
  }
  return found;
}

/** Returns the elements within one that has to have the tag. Throws DerError. */
export function within(element: Der | undefined, tag: number): Der[] {
  return elementsOf(bodyOf(element, tag));
}

/** Returns the body of an element that has to have the tag. Throws DerError. */
export function bodyOf(element: Der | undefined, tag: number): Buffer {
  if (element?.tag !== tag) throw new DerError("isn't built as it has to be");
  return element.body;
}

/** Returns an object identifier with dots. Throws DerError. */
export function oidOf(element: Der | undefined): string {
  const parts: number[] = [];
  let part = 0;
  let isWhole = false;
  for (const byte of bodyOf(element, tags.oid)) {
    if (part === 0 && !isWhole && byte === 0x80) throw new DerError("has an odd identifier");
    part = part * 128 + (byte & 0x7f);
    if (part > Number.MAX_SAFE_INTEGER) throw new DerError("has an endless identifier");
    isWhole = byte < 0x80;
    if (!isWhole) continue;
    parts.push(part);
    part = 0;
    isWhole = false;
  }
  const [first] = parts;
  if (first === undefined || part !== 0) throw new DerError("has an identifier without an end");
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - 40 * top, ...parts.slice(1)].join(".");
}

/** Returns a small number. Throws DerError. */
export function numberOf(element: Der | undefined): number {
  const body = bodyOf(element, tags.integer);
  if (body.length === 0 || body.length > 4) throw new DerError("has a number of an odd size");
  return body.readIntBE(0, body.length);
}

const TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d{0,8}[1-9])?Z$/;

/** Returns a GeneralizedTime, to the millisecond. Throws DerError. */
export function timeOf(element: Der | undefined): Date {
  const text = bodyOf(element, tags.time).toString("latin1");
  const [, year, month, day, hour, minute, second, fraction = ""] = TIME.exec(text) ?? [];
  const whole = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const time = new Date(whole);
  // A 30 February is read as a day of March.
  if (Number.isNaN(time.getTime()) || time.toISOString() !== whole) {
    throw new DerError("has a time that isn't one");
  }
  return new Date(time.getTime() + Math.trunc(Number(`0${fraction}`) * 1000));
}

/** Returns an element of DER. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...lengthBytes(body.length)]), body]);
}

/** Returns an object identifier, from its text with dots. */
export function derOid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  const bytes = [40 * first + second, ...rest].flatMap((part) => {
    const digits = [part % 128];
    for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128)) {
      digits.unshift(0x80 + (left % 128));
    }
    return digits;
  });
  return der(tags.oid, Buffer.from(bytes));
}

/** Returns an integer, from its bytes of two's complement. */
export function derInteger(...bytes: readonly number[]): Buffer {
  return der(tags.integer, Buffer.from(bytes));
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256);
  return [0x80 + bytes.length, ...bytes];
}

/** A token has 64 KiB at most, so lengths of three bytes are long enough. */
const MAX_LENGTH_BYTES = 3;

function elementAt(bytes: Buffer, at: number): Der {
  const [tag, first] = [bytes[at], bytes[at + 1]];
  if (tag === undefined || first === undefined) throw new DerError("is cut off");
  if ((tag & 0x1f) === 0x1f) throw new DerError("has a tag of more bytes");
  const count = first < 0x80 ? 0 : first & 0x7f;
  const begin = at + 2 + count;
  if (first === 0x80 || count > MAX_LENGTH_BYTES) throw new DerError("has a length that isn't DER");
  if (begin > bytes.length) throw new DerError("is cut off");
  const length = count === 0 ? first : bytes.readUIntBE(at + 2, count);
  if (count > 0 && lengthBytes(length).length !== count + 1) {
    throw new DerError("has a length that isn't DER");
  }
  const end = begin + length;
  if (end > bytes.length) throw new DerError("is cut off");
  return { tag, body: bytes.subarray(begin, end), bytes: bytes.subarray(at, end) };
}
