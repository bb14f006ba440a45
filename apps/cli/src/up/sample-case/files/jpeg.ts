import type { Random } from "./random.ts";

// The plainest JPEG there is: baseline, grey, and of every 8×8 block only its mean (the DC
// coefficient). With all quantisers 8, the coefficient of a block of level v is v - 128.
const quantiser = 8;

/** A baseline JPEG of `columns` × `rows` blocks of 8×8 pixels: a soft, mosaic-like picture. */
export function makeJpeg(columns: number, rows: number, random: Random): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt16BE(rows * 8, 0);
  size.writeUInt16BE(columns * 8, 2);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, [...Buffer.from("JFIF\0"), 1, 1, 0, 0, 1, 0, 1, 0, 0]),
    segment(0xdb, [0, ...Array.from({ length: 64 }, () => quantiser)]),
    // SOF0: 8 bits a sample, one component, no subsampling, quantiser table 0.
    segment(0xc0, [8, ...size, 1, 1, 0x11, 0]),
    // DC table: the categories 0-11, each a code of four bits (0000-1011). AC table: only "end of
    // block", code 0.
    segment(0xc4, [
      0x00,
      ...codesOfLength(4, 12),
      ...Array.from({ length: 12 }, (_, category) => category),
    ]),
    segment(0xc4, [0x10, ...codesOfLength(1, 1), 0x00]),
    segment(0xda, [1, 1, 0x00, 0, 63, 0]),
    scan(levels(columns, rows, random)),
    Buffer.from([0xff, 0xd9]),
  ]);
}

function segment(marker: number, content: readonly number[]): Buffer {
  const length = content.length + 2;
  return Buffer.from([0xff, marker, length >> 8, length & 0xff, ...content]);
}

/** The 16 counts that begin a Huffman table, when all codes have one length. */
function codesOfLength(length: number, count: number): number[] {
  return Array.from({ length: 16 }, (_, index) => (index === length - 1 ? count : 0));
}

function levels(columns: number, rows: number, random: Random): number[] {
  const centre = { x: random.below(columns), y: random.below(rows) };
  const reach = 1 + Math.max(columns, rows);
  const grain = Array.from({ length: columns * rows }, () => random.below(24));
  return grain.map((noise, index) => {
    const away =
      Math.abs((index % columns) - centre.x) + Math.abs(Math.floor(index / columns) - centre.y);
    return Math.max(0, Math.min(255, 225 - Math.floor((away * 150) / reach) + noise));
  });
}

/**
 * Each block: the difference to the block before as a category code and that many bits, then "end
 * of block".
 */
function scan(values: readonly number[]): Buffer {
  let bits = "";
  let before = 0;
  for (const value of values) {
    const difference = value - 128 - before;
    before = value - 128;
    const category = 32 - Math.clz32(Math.abs(difference));
    // A negative difference is written as its one's complement.
    const extra = difference < 0 ? difference + (1 << category) - 1 : difference;
    bits += category.toString(2).padStart(4, "0");
    if (category > 0) bits += extra.toString(2).padStart(category, "0");
    bits += "0";
  }
  // The last byte is filled with ones.
  const bytes = bits.padEnd(Math.ceil(bits.length / 8) * 8, "1").match(/.{8}/g) ?? [];
  // A byte 0xff in the data is followed by 0x00, so that it isn't taken for a marker.
  return Buffer.from(
    bytes
      .map((byte) => Number.parseInt(byte, 2))
      .flatMap((byte) => (byte === 0xff ? [0xff, 0] : [byte])),
  );
}
